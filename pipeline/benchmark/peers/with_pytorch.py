"""PyTorch: the layers of layers.json one by one, channels last."""

import json

import torch
from torch.nn import functional


def load(model):
    torch.set_num_threads(model.threads)
    with open(model.file("layers.json")) as file:
        description = json.load(file)
    network = Network(description["layers"], model.tensors())
    mean, deviation = (
        255 * torch.tensor(description["normalisation"][key]).view(1, 3, 1, 1) for key in ("mean", "std")
    )

    def segment(pictures):
        with torch.inference_mode():
            # Interleaved bytes viewed as maps are already channels last.
            pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
            return network((pixels - mean) / deviation).argmax(1).to(torch.uint8).numpy()

    return segment


class Network:
    """A list of layers; each operator is a method of that name."""

    def __init__(self, layers, tensors):
        self.layers = layers
        self.tensors = {name: channels_last(torch.from_numpy(data)) for name, data in tensors.items()}
        self.last_use = {name: i for i, layer in enumerate(layers) for name in reads(layer)}

    def __call__(self, pictures):
        # Maps by layer name, each of which is freed after its last reader; sizes and indices stay.
        self.maps, self.sizes, self.indices = {"": pictures}, {}, {}
        for position, layer in enumerate(self.layers):
            name = layer["name"]
            inputs = [self.maps[read] for read in reads(layer)]
            result = getattr(self, layer["op"])(layer, *inputs)
            self.maps[name], self.sizes[name] = result, result.shape[2:]
            for read in set(reads(layer)):
                if self.last_use[read] == position:
                    del self.maps[read]
        return result

    def parameters(self, layer):
        return self.tensors[layer["name"] + ".weight"], self.tensors.get(layer["name"] + ".bias")

    def input(self, layer):
        return self.maps[""]

    def conv(self, layer, maps):
        weight, bias = self.parameters(layer)
        stride, dilation = layer["stride"], layer["dilation"]
        padding = window_padding(maps, layer["kernel"], stride, dilation)
        if padding[0] == padding[1] and padding[2] == padding[3]:
            return functional.conv2d(
                maps, weight, bias, stride, (padding[2], padding[0]), dilation, layer["groups"]
            )
        return functional.conv2d(functional.pad(maps, padding), weight, bias, stride, 0, dilation, layer["groups"])

    def deconv(self, layer, maps):
        weight, bias = self.parameters(layer)
        stride = layer["stride"]
        height, width = self.sizes[layer["like"]]
        top, left = ((kernel - stride) // 2 for kernel in layer["kernel"])
        full = functional.conv_transpose2d(maps, weight, None, stride)
        cut = full[:, :, top : top + height, left : left + width]
        missing = (0, width - cut.shape[3], 0, height - cut.shape[2])
        cut = functional.pad(cut, missing) if any(missing) else cut
        return cut if bias is None else cut + bias.view(1, -1, 1, 1)

    def maxPool(self, layer, maps):
        kernel, stride = layer["kernel"], layer["stride"]
        padding = window_padding(maps, (kernel, kernel), stride)
        if any(padding):
            maps = functional.pad(maps, padding, value=float("-inf"))
        pooled, indices = functional.max_pool2d(maps, kernel, stride, return_indices=True)
        self.indices[layer["name"]] = (indices, maps.shape[2:], self.sizes[layer["from"]])
        return pooled

    def maxUnpool(self, layer, maps):
        indices, padded, (height, width) = self.indices[layer["indicesOf"]]
        return functional.max_unpool2d(maps, indices, 2, 2, output_size=padded)[:, :, :height, :width]

    def batchNorm(self, layer, maps):
        name = layer["name"]
        mean, variance, scale, shift = (
            self.tensors[name + suffix] for suffix in (".running_mean", ".running_var", ".weight", ".bias")
        )
        return functional.batch_norm(maps, mean, variance, scale, shift, eps=layer["epsilon"])

    def relu(self, layer, maps):
        return functional.relu(maps)

    def prelu(self, layer, maps):
        return functional.prelu(maps, self.parameters(layer)[0])

    def add(self, layer, left, right):
        return left + right

    def concat(self, layer, *maps):
        return torch.cat(maps, 1)

    def resizeBilinear(self, layer, maps):
        size = tuple(self.sizes[layer["like"]])
        return functional.interpolate(maps, size, mode="bilinear", align_corners=True)

    def padChannels(self, layer, maps):
        return functional.pad(maps, (0, 0, 0, 0, 0, layer["channels"] - maps.shape[1]))

    def dropout(self, layer, maps):
        return maps


def reads(layer):
    names = layer.get("from", [])
    return [names] if isinstance(names, str) else names


def channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def window_padding(maps, kernel, stride, dilation=1):
    """Left, right, top, bottom, by the window geometry of model/shapes.ts."""
    padding = []
    for size, length in ((maps.shape[3], kernel[1]), (maps.shape[2], kernel[0])):
        reach = (length - 1) * dilation
        before = reach // 2
        outputs = -(-size // stride)
        padding += [before, max((outputs - 1) * stride + reach + 1 - size - before, 0)]
    return padding

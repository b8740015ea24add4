"""Trains with PyTorch, for `segnet-stream benchmark training`: answers lines of JSON (pipeline/benchmark/training/training-messages.ts).

One step is the same as a training step of this project: forward in float32, channels last, cross-entropy, backward, AdamW, and a moving
average of the weights.
"""

import json
import resource
import sys
import time

import numpy
import torch
from torch.nn import functional

from model import read_tensors
from with_pytorch import Network, channels_last

LEARNING_RATE = 1e-6


class Learner(Network):
    """A network in training mode: normalisation by the batch, and active dropout."""

    def __init__(self, layers, tensors):
        super().__init__(layers, tensors)
        fixed = {layer["name"] for layer in layers if layer["op"] == "deconv" and not layer["learnt"]}
        self.trained = [
            tensor.requires_grad_()
            for name, tensor in self.tensors.items()
            if ".running_" not in name and name.rpartition(".")[0] not in fixed
        ]
        self.averages = [tensor.detach().clone() for tensor in self.trained]
        self.optimizer = torch.optim.AdamW(self.trained, lr=LEARNING_RATE, weight_decay=0.03)

    def batchNorm(self, layer, maps):
        mean, variance, scale, shift = (
            self.tensors[layer["name"] + suffix] for suffix in (".running_mean", ".running_var", ".weight", ".bias")
        )
        return functional.batch_norm(maps, mean, variance, scale, shift, True, 0.1, layer["epsilon"])

    def dropout(self, layer, maps):
        drop = functional.dropout2d if layer["spatial"] else functional.dropout
        return drop(maps, layer["rate"])

    def learn(self, pixels, labels):
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self((pixels.float() - 127.5) / 63.75), labels)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, self.trained, 0.005)
        return loss.item()


class Trainer:
    def load(self, question):
        torch.set_num_threads(question["threads"])
        torch.manual_seed(1)
        folder = question["folder"]
        shape = (question["batch"], question["height"], question["width"])
        with open(f"{folder}/layers.json") as file:
            layers = json.load(file)["layers"]
        pictures = numpy.fromfile(f"{folder}/pictures.rgb", numpy.uint8).reshape(*shape, 3)
        self.pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2)
        self.labels = torch.from_numpy(numpy.fromfile(f"{folder}/labels.bin", numpy.uint8).reshape(shape)).long()
        self.learner = Learner(layers, read_tensors(f"{folder}/start.safetensors"))
        return {"description": f"PyTorch {torch.__version__}", "loss": self.step()}

    def step(self):
        return self.learner.learn(self.pixels, self.labels)

    def run(self, question):
        times, cpu = [], time.process_time()
        for _ in range(question["times"]):
            begun = time.perf_counter()
            self.step()
            times.append(1000 * (time.perf_counter() - begun))
        return {"ms": times, "cpuMs": 1000 * (time.process_time() - cpu)}

    def memory(self, _):
        unit = 1 if sys.platform == "darwin" else 1024
        return {"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}


def main():
    trainer = Trainer()
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = getattr(trainer, question["ask"])(question)
        except Exception as error:  # Any error of PyTorch is its answer.
            words = " ".join(str(error).split())[-300:] or type(error).__name__
            answer = {"error": {"code": "PEER_FAILED", "message": f"PyTorch: {words}"}}
        print(json.dumps(answer), flush=True)


main()

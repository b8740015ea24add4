"""A workload for other runtimes. Each has a file with_NAME.py, with `load(model)` and, if it can, `quantise(model)`."""

import importlib
import json
import os
import struct
import subprocess
import sys

import numpy


class Model:
    """What a runtime loads: the files of a workload, and settings."""

    def __init__(self, question):
        self.folder = question["folder"]
        self.height, self.width = question["height"], question["width"]
        self.batch, self.threads = question["batch"], question["threads"]
        self.precision = question["precision"]
        self.frames = numpy.fromfile(self.file("frames.rgb"), numpy.uint8).reshape(-1, self.height, self.width, 3)

    def file(self, name):
        return f"{self.folder}/{name}"

    def tensors(self):
        """The float32 tensors of the folded weights, by name."""
        return read_tensors(self.file("folded.safetensors"))

    def batch_at(self, number):
        """The next frames as a batch."""
        indices = [(number * self.batch + i) % len(self.frames) for i in range(self.batch)]
        return numpy.ascontiguousarray(self.frames[indices])


def read_tensors(path):
    """The float32 tensors of a safetensors file, by name."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(data, "<f4", int(numpy.prod(entry["shape"])), 8 + length + entry["data_offsets"][0])
        .reshape(entry["shape"])
        .copy()
        for name, entry in header.items()
    }


def load_runtime(runtime, model):
    return importlib.import_module(f"with_{runtime}").load(model)


def quantise_once(runtime, question):
    """Writes the int8 network in a separate process, whose memory and time are not measured."""
    done = f"{question['folder']}/{runtime}.quantised"
    if question["precision"] != "int8" or os.path.exists(done):
        return
    program = [sys.executable, __file__, runtime, json.dumps(question)]
    result = subprocess.run(program, text=True, capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    open(done, "w").close()


if __name__ == "__main__":
    importlib.import_module(f"with_{sys.argv[1]}").quantise(Model(json.loads(sys.argv[2])))

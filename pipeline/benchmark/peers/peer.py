"""Runs this project's networks on another runtime, for `segnet-stream benchmark`.

    python peer.py --list            which runtimes are installed, as JSON
    python peer.py onnxruntime       answers lines of JSON on standard input (pipeline/benchmark/contest/contest-messages.ts)

Each runtime is one file, with_NAME.py: `load(model)` returns a function from uint8 pictures [N, height, width, 3] to uint8
masks [N, height, width]; which includes normalisation and argmax, like the engines that it is compared with.
"""

import importlib.metadata
import json
import resource
import sys
import time

import numpy

from model import Model, load_runtime, quantise_once

# By the names that `--peers` accepts: the package on PyPI, its title, and its precisions.
RUNTIMES = {
    "onnxruntime": ("onnxruntime", "ONNX Runtime (Python)", ["float32", "int8"]),
    "openvino": ("openvino", "OpenVINO", ["float32", "int8"]),
    "pytorch": ("torch", "PyTorch", ["float32"]),
    "opencv": ("opencv-python-headless", "OpenCV DNN", ["float32"]),
}


class Runner:
    def __init__(self, runtime):
        self.runtime = runtime
        self.runs = 0

    def load(self, question):
        quantise_once(self.runtime, question)
        self.model = Model(question)
        self.segment = load_runtime(self.runtime, self.model)
        package, title, _ = RUNTIMES[self.runtime]
        return {"description": f"{title} {importlib.metadata.version(package)}"}

    def masks(self, question):
        """Writes one mask for each frame, in order."""
        count = len(self.model.frames)
        batches = [self.segment(self.model.batch_at(i)) for i in range(-(-count // self.model.batch))]
        numpy.concatenate(batches)[:count].tofile(question["path"])
        return {}

    def run(self, question):
        """Milliseconds of each batch."""
        times, cpu = [], time.process_time()
        for _ in range(question["times"]):
            batch = self.model.batch_at(self.runs)
            self.runs += 1
            begun = time.perf_counter()
            self.segment(batch)
            times.append(1000 * (time.perf_counter() - begun))
        return {"ms": times, "cpuMs": 1000 * (time.process_time() - cpu)}

    def memory(self, _):
        unit = 1 if sys.platform == "darwin" else 1024
        return {"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}


def installed():
    found = {}
    for name, (package, title, precisions) in RUNTIMES.items():
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = {"title": title, "version": version, "precisions": precisions}
    return found


def main():
    if sys.argv[1:] == ["--list"]:
        print(json.dumps(installed()))
        return
    # Libraries may print to standard output, so that goes to standard error, and only answers go out.
    answers, sys.stdout = sys.stdout, sys.stderr
    runner = Runner(sys.argv[1])
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = getattr(runner, question["ask"])(question)
        except Exception as error:  # Any error of a runtime is its answer.
            words = " ".join(str(error).split())[-300:] or type(error).__name__
            answer = {"error": {"code": "PEER_FAILED", "message": f"{RUNTIMES[sys.argv[1]][1]}: {words}"}}
        print(json.dumps(answer), file=answers, flush=True)


main()

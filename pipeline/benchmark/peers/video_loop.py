"""A handwritten loop, as people write it: OpenCV reads, a runtime segments, OpenCV draws and writes.

    python video_loop.py ORDER       a `load` question as JSON (../contest/contest-messages.ts), with clip, output, colours, runtime

OpenCV's wheel encodes MPEG-4 Part 2, whose encoder is much cheaper than the H.264 that `run` writes, and it copies no sound.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy

from model import Model, load_runtime


def main():
    order = json.loads(sys.argv[1])
    cv2.setNumThreads(order["threads"])
    segment = load_runtime(order["runtime"], Model(order))
    colours = numpy.array(order["colours"], numpy.uint8)[:, ::-1]
    reader = cv2.VideoCapture(order["clip"])
    width, height = int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT))
    codec = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(order["output"], codec, reader.get(cv2.CAP_PROP_FPS), (width, height))
    if not reader.isOpened() or not writer.isOpened():
        sys.exit(f"OpenCV cannot open {order['clip']} or {order['output']}")

    def classes_of(frame):
        picture = cv2.resize(frame, (order["width"], order["height"]), interpolation=cv2.INTER_AREA)
        return segment(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)[None])[0]

    def write(frame, classes):
        mask = cv2.resize(classes, (width, height), interpolation=cv2.INTER_NEAREST)
        writer.write(cv2.addWeighted(frame, 0.5, colours[mask], 0.5, 0))

    if order["precision"] == "float32":
        for frame in frames_of(reader):
            write(frame, classes_of(frame))
    else:
        overlapped(frames_of(reader), classes_of, write)
    writer.release()


def frames_of(reader):
    while True:
        there_is_one, frame = reader.read()
        if not there_is_one:
            return
        yield frame


def overlapped(frames, classes_of, write):
    """Reads the next frame and writes the previous one while a thread segments."""
    with ThreadPoolExecutor(1) as thread:
        waiting = None
        for frame in frames:
            classes = thread.submit(classes_of, frame)
            if waiting is not None:
                write(waiting[0], waiting[1].result())
            waiting = (frame, classes)
        if waiting is not None:
            write(waiting[0], waiting[1].result())


main()

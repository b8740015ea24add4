"""OpenCV's DNN module: the graph in standard operators."""

import cv2
import numpy


def load(model):
    cv2.setNumThreads(model.threads)
    network = cv2.dnn.readNetFromONNX(model.file("planes.onnx"))

    def segment(pictures):
        network.setInput(pictures)
        return numpy.asarray(network.forward()).astype(numpy.uint8).reshape(pictures.shape[:3])

    return segment

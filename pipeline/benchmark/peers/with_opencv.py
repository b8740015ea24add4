"""OpenCV's DNN module: the graph in standard operators."""

import cv2
import numpy
import onnx


def load(model):
    cv2.setNumThreads(model.threads)
    graph = onnx.load(model.file("planes.onnx"))
    for node in graph.graph.node:
        for attribute in node.attribute:
            # It takes a whole number that is left out, being 0, for one that is missing.
            if attribute.type == onnx.AttributeProto.INT:
                attribute.i = attribute.i
    network = cv2.dnn.readNetFromONNX(numpy.frombuffer(graph.SerializeToString(), numpy.uint8))

    def segment(pictures):
        network.setInput(pictures)
        return numpy.asarray(network.forward()).astype(numpy.uint8).reshape(pictures.shape[:3])

    return segment

"""OpenVINO: the graph in standard operators, in float32 or quantised by NNCF with the frames."""

import openvino


def load(model):
    core = openvino.Core()
    network = core.read_model(model.file("quantised.xml" if model.precision == "int8" else "planes.onnx"))
    network.reshape([model.batch, model.height, model.width, 3])
    compiled = core.compile_model(
        network,
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": model.threads,
            # Without it a processor with bfloat16 rounds what is called float32.
            "INFERENCE_PRECISION_HINT": "f32",
        },
    )
    request = compiled.create_infer_request()
    return lambda pictures: request.infer([pictures], share_inputs=True)[0].copy()


def quantise(model):
    import nncf
    import onnx

    graph = onnx.load(model.file("planes.onnx"))
    for node in graph.graph.node:
        # Pools pad odd sizes with the lowest number, of which there is no byte; a copy of the edge gives the same maxima.
        if node.op_type == "Pad" and len(node.output) == 1 and is_lowest(graph, node.input[2]):
            del node.input[2:]
            node.attribute.append(onnx.helper.make_attribute("mode", "edge"))
    onnx.save(graph, model.file("edges.onnx"))
    network = openvino.Core().read_model(model.file("edges.onnx"))
    frames = nncf.Dataset([frame[None] for frame in model.frames])
    openvino.save_model(nncf.quantize(network, frames, subset_size=len(model.frames)), model.file("quantised.xml"))


def is_lowest(graph, name):
    from onnx import numpy_helper

    return any(each.name == name and numpy_helper.to_array(each).min() < -1e38 for each in graph.graph.initializer)

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
            # Without it a processor with bfloat16 rounds float32 values.
            "INFERENCE_PRECISION_HINT": "f32",
        },
    )
    request = compiled.create_infer_request()
    return lambda pictures: request.infer([pictures], share_inputs=True)[0].copy()


def quantise(model):
    import nncf

    network = openvino.Core().read_model(model.file("planes.onnx"))
    frames = nncf.Dataset([frame[None] for frame in model.frames])
    openvino.save_model(nncf.quantize(network, frames, subset_size=len(model.frames)), model.file("quantised.xml"))

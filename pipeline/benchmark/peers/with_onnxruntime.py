"""ONNX Runtime: the graph of this project's own CPU engine, in float32 or by its static quantiser."""

import onnxruntime


def load(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = model.threads
    options.log_severity_level = 3
    path = model.file("quantised.onnx" if model.precision == "int8" else "indices.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(["mask"], {"pictures": pictures})[0]


def quantise(model):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Frames(CalibrationDataReader):
        def __init__(self):
            self.left = iter(model.frames)

        def get_next(self):
            frame = next(self.left, None)
            return None if frame is None else {"pictures": frame[None]}

    prepared = model.file("prepared.onnx")
    quant_pre_process(model.file("indices.onnx"), prepared)
    quantize_static(
        prepared,
        model.file("quantised.onnx"),
        Frames(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )

"""Writes test/reference/model-outputs.json: what other runtimes make of the models in test/reference/cases.json.

ONNX models run in onnxruntime, TensorFlow Lite models in LiteRT, both on the processor: neither shares code with
OpenVINO. `npm run update:references` runs this with the versions of scripts/pins/references.txt.
"""

import hashlib
import json
import os
import pathlib
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert.interpreter import Interpreter

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "test" / "reference"
DATA = pathlib.Path(os.environ.get("ENGINERY_TEST_DATA", ROOT.parent / "shared" / "data"))
EVENLY, LARGEST, MIDDLE = 32, 16, 16


def make_input(recipe):
    """The same steps, in the same order and precision, as test/reference/make-input.ts."""
    channels, height, width = recipe["shape"]
    picture = np.fromfile(DATA / "golden" / recipe["from"], "<f4").reshape(recipe["shape"])
    to_height, to_width = recipe.get("height", height), recipe.get("width", width)
    rows = (np.arange(to_height) * 2 + 1) * height // (to_height * 2)
    columns = (np.arange(to_width) * 2 + 1) * width // (to_width * 2)
    picture = picture[:, rows][:, :, columns].astype(np.float64)
    if recipe.get("channels") == "reversed":
        picture = picture[::-1]
    mean = np.broadcast_to(np.array(recipe.get("mean", 0.0)), channels).reshape(-1, 1, 1)
    scale = np.broadcast_to(np.array(recipe.get("scale", 1.0)), channels).reshape(-1, 1, 1)
    picture = ((picture - mean) / scale).astype(np.uint8 if recipe.get("type") == "u8" else np.float32)
    if recipe.get("layout") == "NHWC":
        picture = picture.transpose(1, 2, 0)
    items = [picture, picture.reshape(-1)[::-1].reshape(picture.shape)][: recipe.get("batch", 1)]
    return np.ascontiguousarray(np.stack(items))


def run_onnx(path, values, selected_by):
    model = onnx.load(path)
    names = [output.name for output in model.graph.output]
    if selected_by:
        model.graph.output.append(onnx.helper.make_tensor_value_info(selected_by, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    results = session.run(None, {session.get_inputs()[0].name: values})
    return dict(zip(names + [selected_by], results))


def run_tflite(path, values):
    interpreter = Interpreter(model_path=str(path))
    detail = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(detail["index"], values.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    return {output["name"]: interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()}


def number(value):
    """Nine digits tell any two float32 apart."""
    return float(f"{float(value):.9g}")


def digest(values):
    """Statistics of a tensor, and 64 of its elements: some spread evenly, the largest, and those nearest to half of the
    largest, since where scores saturate only these move with rounding."""
    flat = values.reshape(-1).astype(np.float64)
    evenly = np.unique(np.arange(EVENLY) * flat.size // EVENLY)
    largest = np.argsort(-np.abs(flat), kind="stable")[:LARGEST]
    middle = np.argsort(np.abs(np.abs(flat) - np.abs(flat).max() / 2), kind="stable")[:MIDDLE]
    samples = np.unique(np.concatenate([evenly, largest, middle]))
    return {
        "mean": number(flat.mean()),
        "meanAbs": number(np.abs(flat).mean()),
        "maxAbs": number(np.abs(flat).max()),
        "indices": samples.tolist(),
        "values": [number(flat[i]) for i in samples],
    }


def reference(case):
    path = DATA / case["model"]
    values = make_input(case["input"])
    selected_by = case.get("selectedBy")
    outputs = run_tflite(path, values) if path.suffix == ".tflite" else run_onnx(path, values, selected_by)
    # Rows that a TopK selected have no order worth comparing: they are kept whole, as is what they were selected by.
    keep = (lambda tensor: {"values": [number(value) for value in tensor.reshape(-1)]}) if selected_by else digest
    return {
        "runtime": f"LiteRT {version('ai-edge-litert')}" if path.suffix == ".tflite" else f"onnxruntime {onnxruntime.__version__}",
        "inputSha256": hashlib.sha256(values.tobytes()).hexdigest(),
        "outputs": {name: {"shape": list(tensor.shape), **keep(tensor)} for name, tensor in outputs.items() if name},
    }


cases = json.loads((FOLDER / "cases.json").read_text())
references = {case["name"]: reference(case) for case in cases}
(FOLDER / "model-outputs.json").write_text(json.dumps(references))
print(f"{len(references)} references in {(FOLDER / 'model-outputs.json').relative_to(ROOT)}")

#!/usr/bin/env python3
"""Writes the small TensorFlow and Paddle models under test/reference/models.

All compute y = relu(x . W + b) with x [?, 4] and y [?, 3], and the same W and b, which weights.json repeats for the
tests. The protobuf messages are encoded by hand after the published .proto files (tensorflow/core/framework and
paddle/fluid/framework/framework.proto), so neither framework is needed. Python's standard library alone:

    python3 scripts/make-framework-models.py
"""

import json
import struct
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "test" / "reference" / "models"

ROWS, COLUMNS = 4, 3
# Quarters and eighths: exact in every floating-point type.
WEIGHTS = [((7 * i) % 11 - 5) / 4 for i in range(ROWS * COLUMNS)]
BIAS = [-0.5, 0.125, 1.0]


# --- The wire format -------------------------------------------------------------------------------------------------

def varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers take ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def floats(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


# --- TensorFlow: a frozen GraphDef, and the same graph as a SavedModel --------------------------------------------------

TF_FLOAT = 1


def tf_shape(lengths: list[int]) -> bytes:
    return b"".join(block(2, integer(1, length)) for length in lengths)


def tf_tensor(lengths: list[int], values: list[float]) -> bytes:
    return integer(1, TF_FLOAT) + block(2, tf_shape(lengths)) + block(4, floats(values))


def tf_node(name: str, op: str, inputs: list[str], **attributes: bytes) -> bytes:
    content = block(1, name) + block(2, op)
    content += b"".join(block(3, name) for name in inputs)
    content += b"".join(block(5, block(1, key) + block(2, value)) for key, value in sorted(attributes.items()))
    return block(1, content)


def tf_graph() -> bytes:
    of_type = {"T": integer(6, TF_FLOAT)}
    constant = lambda name, shape, values: tf_node(
        name, "Const", [], dtype=integer(6, TF_FLOAT), value=block(8, tf_tensor(shape, values)))
    return (
        tf_node("x", "Placeholder", [], dtype=integer(6, TF_FLOAT), shape=block(7, tf_shape([-1, ROWS])))
        + constant("weights", [ROWS, COLUMNS], WEIGHTS)
        + constant("bias", [COLUMNS], BIAS)
        + tf_node("product", "MatMul", ["x", "weights"], transpose_a=integer(5, 0), transpose_b=integer(5, 0), **of_type)
        + tf_node("sum", "BiasAdd", ["product", "bias"], data_format=block(2, "NHWC"), **of_type)
        + tf_node("y", "Relu", ["sum"], **of_type)
        + block(4, integer(1, 1087))  # producer: TensorFlow 2.x
    )


def tf_saved_model() -> bytes:
    def port(key: str, name: str, columns: int) -> bytes:
        tensor_info = block(1, f"{name}:0") + integer(2, TF_FLOAT) + block(3, tf_shape([-1, columns]))
        return block(1, key) + block(2, tensor_info)

    signature = (
        block(1, port("x", "x", ROWS)) + block(2, port("y", "y", COLUMNS)) + block(3, "tensorflow/serving/predict"))
    meta_graph = (
        block(1, block(4, "serve"))
        + block(2, tf_graph())
        + block(5, block(1, "serving_default") + block(2, signature)))
    return integer(1, 1) + block(2, meta_graph)


# --- Paddle: a ProgramDesc, and its parameters in one file --------------------------------------------------------------

PD_FP32, PD_LOD_TENSOR, PD_FEED, PD_FETCH = 5, 7, 9, 10
PD_INT, PD_BOOLEAN = 0, 6


def pd_tensor(lengths: list[int]) -> bytes:
    return integer(1, PD_FP32) + b"".join(integer(2, length) for length in lengths)


def pd_variable(name: str, lengths: list[int], persistable: bool = False) -> bytes:
    of_type = integer(1, PD_LOD_TENSOR) + block(3, block(1, pd_tensor(lengths)) + integer(2, 0))
    return block(3, block(1, name) + block(2, of_type) + integer(3, int(persistable)))


def pd_holder(name: str, kind: int) -> bytes:
    return block(3, block(1, name) + block(2, integer(1, kind)) + integer(3, 1))


def pd_operation(kind: str, inputs: dict, outputs: dict, attributes: dict) -> bytes:
    def slot(field: int, slots: dict) -> bytes:
        return b"".join(block(field, block(1, key) + block(2, name)) for key, name in slots.items())

    def attribute(name: str, value) -> bytes:
        if isinstance(value, bool):
            return block(4, block(1, name) + integer(2, PD_BOOLEAN) + integer(10, int(value)))
        return block(4, block(1, name) + integer(2, PD_INT) + integer(3, value))

    return block(
        4,
        slot(1, inputs) + slot(2, outputs) + block(3, kind)
        + b"".join(attribute(name, value) for name, value in attributes.items()))


def pd_program() -> bytes:
    variables = (
        pd_holder("feed", PD_FEED) + pd_holder("fetch", PD_FETCH)
        + pd_variable("x", [-1, ROWS]) + pd_variable("product", [-1, COLUMNS]) + pd_variable("sum", [-1, COLUMNS])
        + pd_variable("y", [-1, COLUMNS])
        + pd_variable("bias", [COLUMNS], True) + pd_variable("weights", [ROWS, COLUMNS], True))
    operations = (
        pd_operation("feed", {"X": "feed"}, {"Out": "x"}, {"col": 0})
        + pd_operation("matmul_v2", {"X": "x", "Y": "weights"}, {"Out": "product"}, {"trans_x": False, "trans_y": False})
        + pd_operation("elementwise_add", {"X": "product", "Y": "bias"}, {"Out": "sum"}, {"axis": -1})
        + pd_operation("relu", {"X": "sum"}, {"Out": "y"}, {})
        + pd_operation("fetch", {"X": "y"}, {"Out": "fetch"}, {"col": 0}))
    program_block = integer(1, 0) + integer(2, -1) + variables + operations
    return block(1, program_block) + block(4, integer(1, 2004000))


def pd_parameter(lengths: list[int], values: list[float]) -> bytes:
    description = pd_tensor(lengths)
    # Version of the variable, levels of detail, version of the tensor, then the tensor.
    return struct.pack("<IQIi", 0, 0, 0, len(description)) + description + floats(values)


def main() -> None:
    saved_model = FOLDER / "dense-tensorflow"
    saved_model.mkdir(parents=True, exist_ok=True)
    files = {
        FOLDER / "dense-tensorflow.pb": tf_graph(),
        saved_model / "saved_model.pb": tf_saved_model(),
        FOLDER / "dense-paddle.pdmodel": pd_program(),
        # Parameters lie in the order of their names.
        FOLDER / "dense-paddle.pdiparams": pd_parameter([COLUMNS], BIAS) + pd_parameter([ROWS, COLUMNS], WEIGHTS),
        FOLDER / "dense-weights.json": (
            json.dumps({"rows": ROWS, "columns": COLUMNS, "weights": WEIGHTS, "bias": BIAS}) + "\n").encode(),
    }
    for path, content in files.items():
        path.write_bytes(content)
        print(f"{path.relative_to(FOLDER.parent.parent.parent)}: {len(content)} bytes")


if __name__ == "__main__":
    main()

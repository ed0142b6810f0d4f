"""What NNCF and we quantize in the same model, and with which scales.

python compare_placement.py NNCF.xml OURS.onnx [--ratio 1.25] [--markdown FILE]

Quantizers are matched by the tensor they stand on: the name that ONNX gave it, walked up through operators that change no
value. Weights are matched by the layer that reads them.
"""

import argparse
import collections
import dataclasses
import pathlib

import numpy as np
import onnx
import openvino as ov
from onnx import numpy_helper

parser = argparse.ArgumentParser()
parser.add_argument("nncf")
parser.add_argument("ours")
parser.add_argument("--ratio", type=float, default=1.25, help="scales further apart than that are listed")
parser.add_argument("--markdown")
arguments = parser.parse_args()

UNCHANGED = {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "MaxPool", "Split", "VariadicSplit", "Flatten", "Identity"}
# OpenVINO's words for ONNX's operators, so that groups of both can be compared.
SAME_TYPE = {
    "Convolution": "Conv",
    "GroupConvolution": "Conv (groups)",
    "Multiply": "Mul",
    "Subtract": "Sub",
    "Divide": "Div",
    "ReduceMean": "Mean",
    "GlobalAveragePool": "Mean",
    "AveragePool": "AvgPool",
    "Interpolate": "Resize",
    "Gemm": "MatMul",
    "HSwish": "HardSwish",
    "Minimum": "Clip",
    "Clamp": "Clip",
    "Result": "output",
    "Parameter": "input",
}


def same_type(name):
    return SAME_TYPE.get(name, name)


@dataclasses.dataclass
class Quantizer:
    tensor: str
    producer: str
    consumers: tuple
    scale: np.ndarray
    zero_point: np.ndarray
    signed: bool

    def describe(self):
        scale = self.scale.reshape(-1)
        text = f"{scale[0]:.4g}" if scale.size == 1 else f"{scale.size} scales, median {np.median(scale):.4g}"
        zero = self.zero_point.reshape(-1)
        if np.any(zero):
            text += f", zero point {zero[0]}" if zero.size == 1 else ", zero points"
        return text + (" i8" if self.signed else " u8")


def read_nncf(path):
    model = ov.Core().read_model(path)
    activations, weights = {}, {}

    def find_tensor(output):
        node = output.get_node()
        while node.get_type_name() in UNCHANGED | {"FakeQuantize"} and node.get_input_size() > 0:
            output = node.input(0).get_source_output()
            node = output.get_node()
        names = sorted(output.get_names())
        return names or [node.get_friendly_name()], node

    def list_consumers(output):
        found = []
        for target in output.get_target_inputs():
            node = target.get_node()
            if node.get_type_name() in UNCHANGED:
                found += list_consumers(node.output(0))
            elif node.get_type_name() != "ShapeOf":
                found.append(same_type(node.get_type_name()))
        return found

    def read_constant(node):
        while node.get_type_name() in {"Convert", "Reshape"}:
            node = node.input(0).get_source_output().get_node()
        return np.asarray(node.data, dtype=np.float32) if node.get_type_name() == "Constant" else None

    def name_layer(node):
        return node.get_friendly_name().removesuffix("/WithoutBiases")

    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind == "FakeQuantize":
            source = node.input(0).get_source_output()
            low, high = (read_constant(node.input(port).get_source_output().get_node()) for port in (1, 2))
            scale = (high - low) / (node.get_levels() - 1)
            readers = [target.get_node() for target in node.output(0).get_target_inputs()]
            if "fq_weights" in node.get_friendly_name():
                for reader in readers:
                    weights[name_layer(reader)] = scale.reshape(-1)
                continue
            names, producer = find_tensor(source)
            zero = np.round(-low / np.where(scale == 0, 1, scale)).astype(int)
            signed = bool(np.any(low < 0)) and bool(np.all(np.abs(zero - 128) <= 1))
            shown = np.zeros_like(zero) if signed else zero
            consumers = tuple(sorted(set(list_consumers(node.output(0)))))
            quantizer = Quantizer(names[0], same_type(producer.get_type_name()), consumers, scale, shown, signed)
            for name in names:
                activations.setdefault(name, quantizer)
        elif kind == "Multiply" and "fq_weights" in node.get_friendly_name():
            scale = read_constant(node.input(1).get_source_output().get_node())
            for target in node.output(0).get_target_inputs():
                weights[name_layer(target.get_node())] = scale.reshape(-1)
    return activations, weights


def read_ours(path):
    graph = onnx.load(path).graph
    producers = {name: node for node in graph.node for name in node.output}
    consumers = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            consumers[name].append(node)
    constants = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    outputs = {each.name for each in graph.output}

    def find_tensor(name):
        while name in producers and producers[name].op_type in UNCHANGED | {"DequantizeLinear", "QuantizeLinear"}:
            name = producers[name].input[0]
        return name

    def name_type(node):
        groups = next((each.i for each in node.attribute if each.name == "group"), 1)
        return "Conv (groups)" if node.op_type == "Conv" and groups > 1 else same_type(node.op_type)

    def list_consumers(name):
        found = ["output"] if name in outputs else []
        for node in consumers[name]:
            if node.op_type in UNCHANGED | {"DequantizeLinear", "QuantizeLinear"}:
                for output in node.output:
                    found += list_consumers(output)
            else:
                found.append(name_type(node))
        return found

    activations, weights = {}, {}
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            tensor = find_tensor(node.input[0])
            scale = numpy_helper.to_array(constants[node.input[1]]).astype(np.float32)
            has_zero = len(node.input) > 2 and node.input[2]
            zero = numpy_helper.to_array(constants[node.input[2]]) if has_zero else np.zeros(1, np.uint8)
            producer = producers.get(tensor)
            kind = name_type(producer) if producer else "input"
            used_by = tuple(sorted(set(list_consumers(node.output[0]))))
            quantizer = Quantizer(tensor, kind, used_by, scale, zero.astype(int), zero.dtype == np.int8)
            activations.setdefault(tensor, quantizer)
        elif node.op_type == "DequantizeLinear" and node.input[0] in constants:
            stored = constants[node.input[0]]
            scale = numpy_helper.to_array(constants[node.input[1]]).astype(np.float32).reshape(-1)
            if stored.data_type not in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8):
                continue
            for output in [node.output[0]]:
                for reader in consumers[output]:
                    while reader.op_type in UNCHANGED and consumers[reader.output[0]]:
                        reader = consumers[reader.output[0]][0]
                    for key in {reader.name, *reader.output} - {""}:
                        weights[key] = scale
    return activations, weights


theirs, their_weights = read_nncf(arguments.nncf)
ours, our_weights = read_ours(arguments.ours)
distinct = list({id(each): each for each in theirs.values()}.values())
names_of = {id(each): [name for name, other in theirs.items() if other is each] for each in distinct}

rows = []
both = []
only_theirs = []
for each in distinct:
    match = next((ours[name] for name in names_of[id(each)] if name in ours), None)
    if match is None:
        only_theirs.append(each)
    else:
        both.append((each, match))
matched = {id(match) for _, match in both}
only_ours = [each for each in ours.values() if id(each) not in matched]

for each, match in both:
    sizes = each.scale.size, match.scale.size
    ratio = float(np.median(match.scale) / np.median(each.scale))
    differs = max(ratio, 1 / ratio) > arguments.ratio or each.signed != match.signed or sizes[0] != sizes[1]
    if differs:
        rows.append((each.tensor, each.producer, ", ".join(each.consumers), each.describe(), match.describe(), f"{ratio:.2f}"))
for each in only_theirs:
    rows.append((each.tensor, each.producer, ", ".join(each.consumers), each.describe(), "float", ""))
for each in only_ours:
    rows.append((each.tensor, each.producer, ", ".join(each.consumers), "float", each.describe(), ""))

lines = [
    f"{pathlib.Path(arguments.nncf).name} and {pathlib.Path(arguments.ours).name}",
    "",
    f"- activations: {len(both)} quantized by both, {len(only_theirs)} by NNCF alone, {len(only_ours)} by us alone",
]
if both:
    ratios = np.array([float(np.median(match.scale) / np.median(each.scale)) for each, match in both])
    low, middle, high = np.percentile(ratios, [5, 50, 95])
    lines.append(f"- our scale over NNCF's: 5 % {low:.3f}, median {middle:.3f}, 95 % {high:.3f}")
shared = [name for name in their_weights if name in our_weights]
layers = {name: np.median(our_weights[name]) / np.median(their_weights[name]) for name in shared}
unequal = sorted(name for name, ratio in layers.items() if max(ratio, 1 / ratio) > 1.02)
absent = sorted(set(their_weights) - set(shared))
lines.append(f"- weights: {len(shared)} layers by both, {len(absent)} by NNCF alone; {len(unequal)} with scales more than 2 % apart")
for label, group in (("NNCF", only_theirs), ("us", only_ours)):
    counts = collections.Counter(f"{each.producer} -> {', '.join(each.consumers)}" for each in group)
    lines += ["", f"Quantized by {label} alone: " + ("; ".join(f"{n} x {kind}" for kind, n in counts.most_common()) or "none")]
if absent:
    lines += ["", "Weights by NNCF alone: " + ", ".join(absent)]
if unequal:
    lines += ["", "Weight scales apart: " + ", ".join(f"{name} {layers[name]:.2f}" for name in unequal)]
lines += ["", "| tensor | made by | read by | NNCF | ours | ratio |", "| --- | --- | --- | --- | --- | --- |"]
lines += [f"| {' | '.join(row)} |" for row in rows]
text = "\n".join(lines)
if arguments.markdown:
    pathlib.Path(arguments.markdown).write_text(text + "\n")
print(text)

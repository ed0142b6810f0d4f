"""NNCF on its OpenVINO backend: a float model and a .npy of samples in, an IR with FakeQuantize out.

python nncf_quantize.py MODEL DATA.npy OUT.xml [--preset default|mixed|transformer] [--samples N]
    [--loader read|convert] [--overflow-fix enable] [--float-types Sigmoid,Multiply]

The samples are read lazily from the mapped file, one at a time, as NNCF's documentation shows it. One JSON line out.
"""

import argparse
import json
import logging
import resource
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("data")
parser.add_argument("out")
parser.add_argument("--preset", choices=("default", "mixed", "transformer"), default="default")
parser.add_argument("--samples", type=int, default=300, help="NNCF's own default")
parser.add_argument("--loader", choices=("read", "convert"), default="read")
parser.add_argument("--overflow-fix", choices=("enable", "first_layer_only", "disable"), help="weights of half range")
parser.add_argument("--float-types", default="", help="operator types that stay float, comma-separated")
arguments = parser.parse_args()

begin = time.perf_counter()
import nncf
import numpy as np
import openvino as ov

nncf.set_log_level(logging.WARNING)
imported = time.perf_counter()

# The converter also runs the common optimizations (BatchNormalization folded, Sigmoid x input made Swish); reading does not.
model = ov.Core().read_model(arguments.model) if arguments.loader == "read" else ov.convert_model(arguments.model)
data = np.load(arguments.data, mmap_mode="r")
name = model.inputs[0].get_any_name()


class Samples:
    def __iter__(self):
        for index in range(len(data)):
            yield {name: np.ascontiguousarray(data[index : index + 1])}

    def __len__(self):
        return len(data)


options = {
    "default": {},
    "mixed": {"preset": nncf.QuantizationPreset.MIXED},
    "transformer": {"model_type": nncf.ModelType.TRANSFORMER},
}[arguments.preset]
if arguments.float_types:
    options["ignored_scope"] = nncf.IgnoredScope(types=arguments.float_types.split(","), validate=False)
if arguments.overflow_fix:
    overflow_fix = nncf.OverflowFix(arguments.overflow_fix)
    options["advanced_parameters"] = nncf.AdvancedQuantizationParameters(overflow_fix=overflow_fix)
quantized = nncf.quantize(model, nncf.Dataset(Samples()), subset_size=arguments.samples, **options)
ov.save_model(quantized, arguments.out, compress_to_fp16=False)
end = time.perf_counter()

count = sum(op.get_type_name() == "FakeQuantize" for op in quantized.get_ops())
print(
    json.dumps(
        {
            "nncf": nncf.__version__,
            "openvino": ov.get_version(),
            "seconds": end - imported,
            "importSeconds": imported - begin,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "fakeQuantizes": count,
        }
    ),
    file=sys.stdout,
)

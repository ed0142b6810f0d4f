"""Writes test/reference/npy: small arrays saved by NumPy itself, and what is in them.

Usage, with NumPy 2 installed: python3 scripts/make-npy-fixtures.py
"""

import io
import json
import pathlib
import re
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "test" / "reference" / "npy"

TYPES = {
    "f32": "f4", "f16": "f2", "f64": "f8", "i8": "i1", "u8": "u1", "i16": "i2", "u16": "u2",
    "i32": "i4", "u32": "u4", "i64": "i8", "u64": "u8", "bool": "?",
}  # fmt: skip

expected = {}


def describe(array, type_name):
    """What a reader must produce: row-major, little-endian bytes as hex, or the strings."""
    array = np.asarray(array)
    if type_name == "string":
        values = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
        return {"type": type_name, "shape": list(array.shape), "values": [str(v) for v in values]}
    data = array.astype(array.dtype.newbyteorder("<")).tobytes(order="C")
    return {"type": type_name, "shape": list(array.shape), "hex": data.hex()}


def save(name, array, type_name, version=None):
    with open(OUT / name, "wb") as file:
        np.lib.format.write_array(file, np.asanyarray(array), version=version, allow_pickle=True)
    expected[name] = describe(array, type_name) if type_name else {"unsupported": True}


def sample(code, shape):
    """Values over the whole range of a type, the same at every run."""
    dtype = np.dtype(code)
    random = np.random.default_rng(7)
    count = int(np.prod(shape))
    if dtype.kind == "b":
        return random.integers(0, 2, count).astype(bool).reshape(shape)
    if dtype.kind == "f":
        values = (random.standard_normal(count) * 10).astype(dtype)
        special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).tiny / 4], dtype)
        values[: len(special)] = special[: values.size]
        return values.reshape(shape)
    limits = np.iinfo(dtype)
    values = random.integers(limits.min, limits.max, count, dtype=dtype, endpoint=True)
    values[:2] = [limits.min, limits.max]
    return values.reshape(shape)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()

    for type_name, code in TYPES.items():
        array = sample(code, (3, 4, 2))
        save(f"{type_name}.npy", array, type_name)
        if array.dtype.itemsize > 1:
            save(f"{type_name}-big-endian.npy", array.astype(array.dtype.newbyteorder(">")), type_name)
        save(f"{type_name}-fortran.npy", np.asfortranarray(array), type_name)
    big_endian_fortran = np.asfortranarray(sample("i4", (5, 3))).astype(">i4", order="F")
    save("big-endian-fortran.npy", big_endian_fortran, "i32")

    save("scalar.npy", np.float32(2.5), "f32")
    save("scalar-i64.npy", np.int64(-(2**62)), "i64")
    save("one-dimension.npy", np.arange(10, dtype="<i2"), "i16")
    save("empty.npy", np.zeros((0,), "<f4"), "f32")
    save("empty-rows.npy", np.zeros((0, 3, 2), "<f4"), "f32")
    save("empty-columns.npy", np.zeros((4, 0), "<i8"), "i64")
    save("empty-fortran.npy", np.zeros((4, 0, 2), "<i8", order="F"), "i64")
    save("version-2.npy", sample("f4", (2, 3)), "f32", version=(2, 0))
    save("version-3.npy", sample("f4", (2, 3)), "f32", version=(3, 0))
    save("many-dimensions.npy", sample("u1", (1, 2, 1, 3, 1, 2, 1, 2)), "u8")

    words = np.array([["cat", "größer", ""], ["猫", "\U0001f600 mouse", "x"]])
    save("string.npy", words, "string")
    save("string-big-endian.npy", words.astype(words.dtype.newbyteorder(">")), "string")
    save("string-fortran.npy", np.asfortranarray(words), "string")
    save("string-bytes.npy", np.array([b"cat", b"a\x00b", b""]), "string")
    save("string-empty.npy", np.array(["", ""]), "string")

    save("complex.npy", np.array([1 + 2j], "<c8"), None)
    save("datetime.npy", np.array(["2020-01-01"], "<M8[D]"), None)
    save("long-double.npy", np.zeros(1, np.longdouble), None)
    save("void.npy", np.zeros(2, "V2"), None)
    save("structured.npy", np.zeros(2, [("x", "<f4"), ("nested", [("y", "<i8", (2, 3))])]), None)
    save("structured-unicode.npy", np.zeros(2, [("größe", "<f4")]), None, version=(3, 0))
    save("object.npy", np.array([None, "x"], object), None)

    arrays = {"images": sample("f4", (4, 2, 3)), "labels": sample("i8", (4,)), "scalar": np.float64(1.5)}
    np.savez(OUT / "stored.npz", **arrays)
    np.savez_compressed(OUT / "deflated.npz", **arrays)
    np.savez(OUT / "positional.npz", arrays["labels"], arrays["scalar"])
    types = {"images": "f32", "labels": "i64", "scalar": "f64"}
    described = {name: describe(array, types[name]) for name, array in arrays.items()}
    expected["stored.npz"] = described
    expected["deflated.npz"] = described
    expected["positional.npz"] = {"arr_0": described["labels"], "arr_1": described["scalar"]}

    # Written to a pipe, sizes and checksums stand behind the data instead of before it.
    class Pipe(io.RawIOBase):
        def __init__(self, path):
            self.file = open(path, "wb")

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

        def close(self):
            self.file.close()
            super().close()

    for name, method in {"piped-stored.npz": zipfile.ZIP_STORED, "piped-deflated.npz": zipfile.ZIP_DEFLATED}.items():
        with Pipe(OUT / name) as pipe, zipfile.ZipFile(pipe, "w", method) as archive:
            for key, array in arrays.items():
                buffer = io.BytesIO()
                np.save(buffer, array)
                entry = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, buffer.getvalue(), method)
        expected[name] = described

    # Lists on one line, as the formatter of this repository wants them.
    text = json.dumps(expected, indent=2, ensure_ascii=False)
    text = re.sub(r"\[[^\[\]]*\]", lambda found: json.dumps(json.loads(found[0]), ensure_ascii=False), text)
    (OUT / "expected.json").write_text(text + "\n", encoding="utf-8")


main()

"""Makes test/reference/resampling: small pictures resampled by Pillow and OpenCV. Run by npm run update:references.

The pictures are computed, here and in the test alike, so that only results are stored: all bytes of small ones, the
SHA-256 of large ones, or one byte of many where the filter is not reproduced to the last bit.
"""

import base64
import hashlib
import json
import pathlib
import sys

import cv2
import numpy
import PIL

sys.path.insert(0, str(pathlib.Path(__file__).parent / "resampling"))
import originals

TARGET = pathlib.Path(__file__).resolve().parent.parent / "test" / "reference" / "resampling" / "references.json"
LARGEST_STORED = 600
NOT_EXACT = ["opencv-cubic"]

# Source width, height, channels; result width, height; box or None. What each is for is in its name.
CASES = {
    "one pixel becomes many": ((1, 1, 3), (5, 7), None),
    "many pixels become one": ((23, 17, 3), (1, 1), None),
    "one column": ((1, 40, 3), (9, 3), None),
    "one row": ((40, 1, 3), (7, 1), None),
    "the same size": ((9, 8, 3), (9, 8), None),
    "halves": ((32, 24, 3), (16, 12), None),
    "halves of two channels": ((32, 24, 2), (16, 12), None),
    "thirds": ((39, 30, 3), (13, 10), None),
    "whole factors that differ": ((40, 18, 3), (10, 9), None),
    "odd shrinking": ((53, 47, 3), (23, 19), None),
    "odd enlarging": ((13, 9, 3), (29, 20), None),
    "wider and lower": ((19, 41, 3), (26, 17), None),
    "narrower and higher": ((41, 19, 3), (17, 26), None),
    "far narrower": ((97, 12, 3), (11, 10), None),
    "gray": ((37, 29, 1), (24, 31), None),
    "four channels": ((37, 29, 4), (18, 20), None),
    "a box of whole pixels": ((41, 33, 3), (20, 15), (3, 5, 36, 29)),
    "a small box, enlarged": ((41, 33, 3), (20, 15), (30, 2, 37, 9)),
    "a box of fractions": ((41, 33, 3), (20, 15), (2.25, 4.6, 33.875, 30.1)),
    "10,000 pixels wide": ((10_000, 5, 3), (777, 4), None),
    "10,000 pixels high": ((5, 10_000, 3), (4, 777), None),
    "to 10,000 pixels": ((123, 3, 3), (10_000, 2), None),
}


def picture(width, height, channels):
    """Noise with steep edges: byte i is the upper byte of i * 2654435761 mod 2^32, and every other 7 bytes are extremes."""
    index = numpy.arange(width * height * channels, dtype=numpy.uint64)
    values = ((index * numpy.uint64(2654435761)) & numpy.uint64(0xFFFFFFFF)) >> numpy.uint64(24)
    extremes = numpy.where(values > 127, 255, 0)
    return numpy.where(index // 7 % 2 == 0, values, extremes).astype(numpy.uint8).reshape(height, width, channels)


def main():
    cases = []
    for title, (source, size, box) in CASES.items():
        for name in originals.FILTERS:
            if name in originals.OPENCV and box is not None and any(edge != int(edge) for edge in box):
                continue
            result = originals.resize(picture(*source), name, *size, box).tobytes()
            case = {"title": title, "filter": name, "source": source, "size": size}
            if box is not None:
                case["box"] = box
            if len(result) <= LARGEST_STORED:
                case["bytes"] = base64.b64encode(result).decode()
            elif name in NOT_EXACT:
                case["every"] = -(-len(result) // LARGEST_STORED)
                case["bytes"] = base64.b64encode(result[:: case["every"]]).decode()
            else:
                case["sha256"] = hashlib.sha256(result).hexdigest()
            cases.append(case)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    made_by = {"pillow": PIL.__version__, "opencv": cv2.__version__}
    TARGET.write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
    print(f"{TARGET}: {len(cases)} cases, {TARGET.stat().st_size} bytes")


main()

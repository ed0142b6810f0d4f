"""Compares the resampling of native/kernels with Pillow and OpenCV, pixel by pixel, and prints the largest difference of
each filter.

    npm run build:native -- kernels
    python -m pip install --requirement scripts/pins/references.txt
    python scripts/compare-resampling.py [folder with pictures] [how many pictures] [how many random cases]

The folder defaults to ../shared/data/imagenet/calib; 200 pictures, to several sizes each, and 300 random cases (odd
sizes, one pixel, enlarging, 1 to 4 channels, boxes). Exits with 1 where a difference is above one grey level.
"""

import json
import pathlib
import subprocess
import sys

import cv2
import numpy
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent / "resampling"))
import originals

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Resizer:
    """The node program beside this one, kept running."""

    def __init__(self):
        program = ROOT / "scripts" / "resampling" / "resize-from-stdin.mjs"
        self.process = subprocess.Popen(["node", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def resize(self, pixels, name, width, height, box):
        resize = {"filter": name, "width": width, "height": height}
        if box is not None:
            resize["box"] = list(box)
        header = {"width": pixels.shape[1], "height": pixels.shape[0], "channels": pixels.shape[2], "resize": resize}
        self.process.stdin.write(json.dumps(header).encode() + b"\n" + pixels.tobytes())
        self.process.stdin.flush()
        size = width * height * pixels.shape[2]
        result = self.process.stdout.read(size)
        if len(result) != size:
            raise RuntimeError(f"the node program ended at {header}")
        return numpy.frombuffer(result, numpy.uint8).reshape(height, width, pixels.shape[2])


class Tally:
    def __init__(self):
        self.cases = self.pixels = self.different = self.largest = 0
        self.worst = None

    def add(self, ours, theirs, what):
        difference = numpy.abs(ours.astype(int) - theirs.astype(int))
        self.cases += 1
        self.pixels += difference.size
        self.different += int(numpy.count_nonzero(difference))
        if difference.max() > self.largest:
            self.largest, self.worst = int(difference.max()), what


def real_cases(folder, count):
    sizes = [(224, 224), (416, 312), (341, 256), (640, 640), (97, 61)]
    for path in sorted(pathlib.Path(folder).iterdir())[:count]:
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            continue
        pixels = numpy.asarray(Image.open(path).convert("RGB"))
        halved = (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
        for size in [*sizes, halved]:
            for name in originals.FILTERS:
                yield name, pixels, size, None, path.name


def random_box(random, name, width, height):
    if random.random() < 0.5:
        return None
    left, right = sorted(random.uniform(0, width, 2))
    top, bottom = sorted(random.uniform(0, height, 2))
    if name in originals.OPENCV:
        left, top = int(left), int(top)
        return left, top, max(left + 1, int(right)), max(top + 1, int(bottom))
    return float(left), float(top), float(max(right, left + 0.01)), float(max(bottom, top + 0.01))


def random_cases(count):
    random = numpy.random.default_rng(7)
    special = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255]
    for index in range(count):
        side = lambda: int(random.choice(special) if random.random() < 0.5 else random.integers(1, 400))
        width, height, size = side(), side(), (side(), side())
        if index % 50 == 0:
            width, height, size = 10_000, 3, (int(random.integers(1, 10_000)), 2)
        if index % 10 == 0:  # whole factors
            size = (max(1, size[0] // 8), max(1, size[1] // 8))
            width, height = size[0] * int(random.integers(1, 5)), size[1] * int(random.integers(1, 5))
        channels = int(random.integers(1, 5))
        pixels = random.integers(0, 256, (height, width, channels), numpy.uint8)
        if index % 3 == 0:  # only the extremes: where clipping matters
            pixels = numpy.where(pixels > 127, 255, 0).astype(numpy.uint8)
        for name in originals.FILTERS:
            yield name, pixels, size, random_box(random, name, width, height), f"random {index}"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else ROOT / ".." / "shared" / "data" / "imagenet" / "calib"
    pictures = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    randoms = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    print(f"Pillow {PIL.__version__}, OpenCV {cv2.__version__}")
    resizer = Resizer()
    largest = 0
    for title, cases in [("pictures", real_cases(folder, pictures)), ("random", random_cases(randoms))]:
        tallies = {name: Tally() for name in originals.FILTERS}
        for name, pixels, size, box, label in cases:
            theirs = originals.resize(pixels, name, *size, box)
            what = f"{label} {pixels.shape} -> {size} box {box}"
            tallies[name].add(resizer.resize(pixels, name, *size, box), theirs, what)
        for name, tally in tallies.items():
            largest = max(largest, tally.largest)
            share = tally.different / max(1, tally.pixels)
            print(f"{title:9} {name:16} {tally.cases:6} cases  {tally.pixels:12} values  largest difference {tally.largest:3}"
                  f"  different {share:.2e}  {tally.worst or ''}")
    sys.exit(1 if largest > 1 else 0)


main()

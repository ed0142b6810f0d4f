"""Writes test/reference/entropy/divergences.json: what a threshold costs, by the published method spelled out.

S. Migacz, "8-bit Inference with TensorRT", GTC 2017: of 2048 bins of magnitudes the first i are kept, what lies beyond counts
in the last of them, the distribution is rounded to levels, each of which shares its count among those of its bins that are not
empty, and the threshold with the least Kullback-Leibler divergence is taken. Both distributions are written out here for every
threshold. `npm run update:references` runs this.
"""

import json
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "test" / "reference" / "entropy" / "divergences.json"
BINS = 2048
STRIDE = 8
ELEMENTS = 200_000


def densities():
    random = np.random.default_rng(2017)
    normal = random.standard_normal(ELEMENTS)
    hard_swish = normal * np.clip(normal + 3, 0, 6) / 6
    sharp = np.exp(8 * random.standard_normal((ELEMENTS // 50, 50)))
    return {
        "normal": normal,
        "Laplace": random.laplace(size=ELEMENTS),
        "Relu": np.maximum(normal, 0),
        "Relu with outliers": np.where(random.random(ELEMENTS) < 0.01, 10, 1) * np.maximum(normal, 0),
        "HardSwish": hard_swish,
        "nearly one value": 0.01 + np.where(random.random(ELEMENTS) < 0.05, np.abs(normal), 0.003 * np.abs(normal)),
        "attention": (sharp / sharp.sum(1, keepdims=True)).ravel(),
        "even": random.random(ELEMENTS),
    }


def divergence(p, q):
    p, q = p / p.sum(), q / q.sum()
    # What is in an empty bin has nothing to be rounded to; as bad as can be, but not infinite.
    return float(np.sum(p[p > 0] * np.log(p[p > 0] / np.maximum(q[p > 0], 1e-12))))


def divergences(counts, levels):
    found = []
    for end in range(levels, BINS + 1, STRIDE):
        kept = counts[:end]
        level = np.arange(levels).repeat(np.diff(np.floor(np.arange(levels + 1) * end / levels).astype(int)))
        filled = kept > 0
        share = np.bincount(level, kept, levels) / np.maximum(np.bincount(level, filled, levels), 1)
        rounded = np.where(filled, share[level], 0.0)
        clipped = kept.copy()
        clipped[-1] += counts[end:].sum()
        found.append(round(divergence(clipped, rounded), 9))
    return found


def main():
    cases = []
    for name, elements in densities().items():
        magnitudes = np.abs(elements)
        counts = np.histogram(magnitudes, BINS, (0, magnitudes.max()))[0].astype(float)
        # Zeros are exact with any threshold.
        observed = [int(count) for count in counts]
        counts[0] = counts[1]
        found = {levels: divergences(counts, levels) for levels in (128, 256)}
        cases.append({"name": name, "counts": observed, "divergences": found})
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"bins": BINS, "stride": STRIDE, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()

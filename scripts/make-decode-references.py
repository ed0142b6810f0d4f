"""Writes test/reference/decode.json: what Shapely, OpenCV and NumPy make of polygons, filled regions and raw outputs.

`npm run update:references` runs this with the versions of scripts/pins/references.txt. The decoding of the golden outputs
is written here from the models' descriptions, in array operations, to be another than that of lib/evaluation.
"""

import json
import os
import pathlib

import cv2
import numpy as np
from shapely.geometry import Polygon

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("ENGINERY_TEST_DATA", ROOT.parent / "shared" / "data"))
random = np.random.default_rng(7)


def turned_box():
    x, y = random.uniform(0, 30, 2)
    width, height = random.uniform(1, 25, 2)
    angle = random.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
    corners = [-along - across, along - across, along + across, across - along]
    return np.round(np.array(corners) + [x, y], 2)


def any_quadrilateral():
    """Convex or hollow, without crossing edges."""
    while True:
        corners = np.round(random.uniform(0, 30, (4, 2)), 2)
        if Polygon(corners).is_valid:
            return corners


def overlaps():
    pairs = []
    for i in range(300):
        a, b = (turned_box(), turned_box()) if i % 3 else (any_quadrilateral(), any_quadrilateral())
        first, second = Polygon(a), Polygon(b)
        shared = first.intersection(second).area
        iou = shared / (first.area + second.area - shared)
        pairs.append({"a": a.flatten().tolist(), "b": b.flatten().tolist(), "iou": iou})
    return pairs


def filled():
    """Means over fillPoly of a map of 48 x 40 whose value at (x, y) is (x + y) / 86."""
    y, x = np.mgrid[0:40, 0:48]
    values = ((x + y) / 86).astype(np.float32)
    cases = []
    for _ in range(100):
        corners = np.floor(turned_box() + 8).astype(np.int32)
        mask = np.zeros(values.shape, np.uint8)
        cv2.fillPoly(mask, [corners], 1)
        if mask.any():
            cases.append({"polygon": corners.flatten().tolist(), "mean": float(values[mask == 1].mean())})
    return cases


def read_golden(name, shape):
    return np.fromfile(DATA / "golden" / name, "<f4").reshape(shape)


def suppress(boxes, scores, classes, limit):
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        for j in kept:
            low, high = np.maximum(boxes[i, :2], boxes[j, :2]), np.minimum(boxes[i, 2:], boxes[j, 2:])
            shared = np.prod(np.maximum(high - low, 0))
            whole = np.prod(boxes[i, 2:] - boxes[i, :2]) + np.prod(boxes[j, 2:] - boxes[j, :2]) - shared
            if classes[i] == classes[j] and shared / whole > limit:
                break
        else:
            kept.append(i)
    return np.array(kept)


def listed(boxes, scores, classes):
    rows = zip(classes.tolist(), scores.tolist(), np.round(boxes, 3).tolist())
    return [{"category": category, "score": score, "box": box} for category, score, box in rows]


def yolox():
    rows = read_golden("yolox_nano_416.out0.f32", (3549, 85))
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(416 // s) for x in range(416 // s)]
    grid, stride = np.array(cells)[:, :2], np.array(cells)[:, 2:]
    center, size = (rows[:, :2] + grid) * stride, np.exp(rows[:, 2:4]) * stride
    all_scores = rows[:, 4:5] * rows[:, 5:]
    places, classes = np.nonzero(all_scores > np.float32(0.001))
    boxes = np.hstack([center - size / 2, center + size / 2])[places]
    scores = all_scores[places, classes]
    kept = suppress(boxes, scores, classes, 0.65)[:100]
    return listed(boxes[kept], scores[kept], classes[kept])


def detr():
    scores = read_golden("tiny_detr_digits_96.out0.f32", (16, 10))
    boxes = read_golden("tiny_detr_digits_96.out1.f32", (16, 4)) * 96
    best = np.argsort(-scores.flatten(), kind="stable")[:16]
    corners = np.hstack([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2])
    return listed(corners[best // 10], scores.flatten()[best], best % 10)


references = {"overlaps": overlaps(), "filled": filled(), "yolox": yolox(), "detr": detr()}
(ROOT / "test" / "reference" / "decode.json").write_text(json.dumps(references) + "\n")

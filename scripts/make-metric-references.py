"""Writes test/reference/metrics: what pycocotools makes of detections.

Random cases are made by the same small generator here and in test/reference/metrics/random-case.ts, so that only their
scores are stored. Real cases are the detections of three models by onnxruntime, on the pictures of the test data.
`npm run update:references` runs this with the versions of scripts/pins/references.txt.
"""

import contextlib
import io
import json
import os
import pathlib
from importlib.metadata import version

import numpy as np
import onnxruntime
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "test" / "reference" / "metrics"
DATA = pathlib.Path(os.environ.get("ENGINERY_TEST_DATA", ROOT.parent / "shared" / "data"))
RANDOM_CASES = 300


class Sequence:
    """A linear congruential generator (the multiplier of Numerical Recipes); the high bits of its state are used."""

    def __init__(self, seed):
        self.state = seed
        for _ in range(4):
            self.next()

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state

    def below(self, limit):
        return self.next() * limit // 2**32


def make_box(random, extent):
    """In quarters of a pixel, so that overlaps meet thresholds exactly; some have no size."""
    x, y = random.below(extent * 4) / 4, random.below(extent * 4) / 4
    size = (40, 160, 480)[random.below(3)]
    width, height = random.below(size * 4) / 4, random.below(size * 4) / 4
    return [x, y, 0.0 if random.below(40) == 0 else width, 0.0 if random.below(40) == 0 else height]


def jitter(random, box):
    amount = (1, 8, 40)[random.below(3)]
    moved = [value + (random.below(2 * amount + 1) - amount) / 4 for value in box]
    return [moved[0], moved[1], max(0.0, moved[2]), max(0.0, moved[3])]


def make_case(seed):
    """Pictures, objects and detections in the form of COCO; step for step as in random-case.ts."""
    random = Sequence(seed)
    kind = seed % 10
    classes = 1 + random.below(6)
    pictures = 1 + random.below(12)
    levels = (4, 20, 1000, 1000000)[random.below(4)]
    objects, detections = [], []
    for picture in range(pictures):
        own = []
        for _ in range(0 if kind == 1 or random.below(6) == 0 else random.below(12)):
            category = random.below(classes)
            box = make_box(random, 320)
            crowd = 1 if kind == 2 or random.below(8) == 0 else 0
            # COCO's areas are of masks: less than the box, now and then on a limit of a range.
            share = random.below(4)
            area = (1024.0, 9216.0)[random.below(2)] if random.below(12) == 0 else box[2] * box[3] * (4 - share) / 4
            own.append({"category": category, "box": box, "crowd": crowd, "area": area})
        objects += [{"picture": picture, **each} for each in own]
        if kind == 3 or random.below(8) == 0:
            continue
        for _ in range(random.below(150 if kind == 4 else 25)):
            near = own[random.below(len(own))] if own and random.below(3) > 0 else None
            box = jitter(random, near["box"]) if near else make_box(random, 320)
            category = near["category"] if near and random.below(5) > 0 else random.below(classes)
            detections.append({"picture": picture, "category": category, "box": box, "score": random.below(levels) / levels})
    return {"classes": classes, "pictures": pictures, "objects": objects, "detections": detections}


def score(images, annotations, categories, detections):
    """The twelve numbers, and average precision by class, as COCOeval leaves them."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": images, "annotations": annotations, "categories": categories}
        truth.createIndex()
        if detections:
            found = truth.loadRes(detections)
        else:  # loadRes looks at the first of them
            found = COCO()
            found.dataset = {"images": images, "annotations": [], "categories": categories}
            found.createIndex()
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    by_class = [float(np.mean(values)) if values.max(initial=-1) > -1 else -1 for values in precision.transpose(2, 0, 1)]
    return {"scores": [float(value) for value in evaluation.stats], "perCategory": by_class}


def score_random(seed):
    case = make_case(seed)
    images = [{"id": picture + 1, "width": 640, "height": 640} for picture in range(case["pictures"])]
    annotations = [
        {"id": i + 1, "image_id": each["picture"] + 1, "category_id": each["category"] + 1, "bbox": each["box"],
         "area": each["area"], "iscrowd": each["crowd"]}
        for i, each in enumerate(case["objects"])
    ]  # fmt: skip
    detections = [
        {"image_id": each["picture"] + 1, "category_id": each["category"] + 1, "bbox": each["box"], "score": each["score"]}
        for each in case["detections"]
    ]
    categories = [{"id": category + 1, "name": str(category)} for category in range(case["classes"])]
    return score(images, annotations, categories, detections)["scores"]


def overlaps_of(box, boxes):
    across = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    down = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    common = np.maximum(across, 0) * np.maximum(down, 0)
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return common / ((box[2] - box[0]) * (box[3] - box[1]) + sizes - common)


def suppress(boxes, scores, threshold):
    order, kept = np.argsort(-scores, kind="stable"), []
    while order.size:
        kept.append(order[0])
        order = order[1:][overlaps_of(boxes[order[0]], boxes[order[1:]]) <= threshold]
    return kept


def detect_yolox(session, picture):
    """416 square, top left, on grey; the boxes of three grids; suppression class by class."""
    ratio = min(416 / picture.width, 416 / picture.height)
    size = int(picture.width * ratio), int(picture.height * ratio)
    canvas = np.full((416, 416, 3), 114, np.float32)
    canvas[: size[1], : size[0]] = np.asarray(picture.resize(size, Image.BILINEAR, reducing_gap=None))[:, :, ::-1]
    (table,) = session.run(None, {"images": canvas.transpose(2, 0, 1)[None]})
    grids = [(x, y, stride) for stride in (8, 16, 32) for y in range(416 // stride) for x in range(416 // stride)]
    grid = np.array(grids, np.float64)
    table = table[0].astype(np.float64)
    centre, extent = (table[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(table[:, 2:4]) * grid[:, 2:]
    boxes = np.hstack([centre - extent / 2, centre + extent / 2]) / ratio
    scores = table[:, 4:5] * table[:, 5:]
    for category in range(scores.shape[1]):
        chosen = np.flatnonzero(scores[:, category] > 0.01)
        for i in suppress(boxes[chosen], scores[chosen, category], 0.65):
            yield category, scores[chosen[i], category], boxes[chosen[i]]


def boxes_from_centres(boxes, picture):
    scale = np.array([picture.width, picture.height] * 2)
    return np.hstack([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2]) * scale


def detect_queries(session, picture):
    """tiny_detr_digits_96: every query and class above a score."""
    values = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
    scores, boxes = (tensor[0].astype(np.float64) for tensor in session.run(["scores", "boxes"], {"images": values}))
    boxes = boxes_from_centres(boxes, picture)
    for query, category in np.argwhere(scores > 0.01):
        yield category, scores[query, category], boxes[query]


def detect_best_queries(session, picture):
    """rtdetr_tiny: the 50 best of all queries and classes."""
    values = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
    logits, boxes = (tensor[0].astype(np.float64) for tensor in session.run(["logits", "pred_boxes"], {"images": values}))
    scores = 1 / (1 + np.exp(-logits))
    boxes = boxes_from_centres(boxes, picture)
    for at in np.argsort(-scores.reshape(-1), kind="stable")[:50]:
        query, category = divmod(at, scores.shape[1])
        yield category, scores[query, category], boxes[query]


REAL = [
    ("yolox_nano", "models/yolox_nano_416.onnx", "coco/val", "coco/val.instances.json", detect_yolox, 0.03),
    ("tiny_detr", "models/tiny_detr_digits_96.onnx", "det_digits/val", "det_digits/val.instances.json", detect_queries, 0.2),
    ("rtdetr_tiny", "rtdetr/rtdetr_tiny.onnx", "rtdetr/val/images", "rtdetr/val/instances.json", detect_best_queries, 0.15),
]


def score_real(model, pictures, instances, detect, at_least):
    truth = json.loads((DATA / instances).read_text())
    session = onnxruntime.InferenceSession(DATA / model, providers=["CPUExecutionProvider"])
    categories = truth["categories"]
    # yolo_index, where there is one, is the model's own number for a class; elsewhere the list's order is.
    ids = {each.get("yolo_index", i): each["id"] for i, each in enumerate(categories)}
    places = {each["id"]: i for i, each in enumerate(categories)}
    stored, found = [], []
    for place, image in enumerate(truth["images"]):
        with Image.open(DATA / pictures / image["file_name"]) as opened:
            picture = opened.convert("RGB")
        for category, confidence, box in detect(session, picture):
            # What is stored is what is scored: tenths of pixels, thousandths of scores, and not the long tail.
            if confidence < at_least:
                continue
            tenths, thousandths = [round(float(value) * 10) for value in box], round(float(confidence) * 1000)
            x1, y1, x2, y2 = (value / 10 for value in tenths)
            bbox = [x1, y1, x2 - x1, y2 - y1]
            found.append({"image_id": image["id"], "category_id": ids[category], "bbox": bbox, "score": thousandths / 1000})
            stored += [place, places[ids[category]], thousandths, *tenths]
    return {"instances": instances, "detections": stored, **score(truth["images"], truth["annotations"], categories, found)}


FOLDER.mkdir(parents=True, exist_ok=True)
random_cases = {"pycocotools": version("pycocotools"), "scores": [score_random(seed) for seed in range(RANDOM_CASES)]}
(FOLDER / "random-cases.json").write_text(json.dumps(random_cases))
for name, model, pictures, instances, detect, at_least in REAL:
    if not (DATA / model).exists() or not (DATA / instances).exists():
        raise SystemExit(f"{DATA / model} or {DATA / instances} is missing (set ENGINERY_TEST_DATA)")
    reference = score_real(model, pictures, instances, detect, at_least)
    (FOLDER / f"{name}.json").write_text(json.dumps(reference))
    print(f"{name}: AP {reference['scores'][0]:.4f}, AP50 {reference['scores'][1]:.4f}, {len(reference['detections']) // 7} detections")
print(f"{RANDOM_CASES} random cases in {FOLDER.relative_to(ROOT)}")

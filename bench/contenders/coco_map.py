"""pycocotools: detections from parsed JSON to COCO's twelve numbers; one job from the command line, one JSON line out."""

import contextlib
import io
import json
import sys
import time

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

job = json.loads(sys.argv[1])
with open(job["detections"]) as file:
    detections = json.load(file)
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(job["instances"])
    start = time.perf_counter()
    evaluation = COCOeval(truth, truth.loadRes(detections), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "scores": evaluation.stats.tolist()}))

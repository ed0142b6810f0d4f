"""OpenCV and OpenVINO's AsyncInferQueue: pictures per second from JPEG files to boxes. One JSON line out.

Pictures are read and resized by a small pool of threads (OpenCV lets go of the interpreter's lock), or one after the
other by the thread that feeds the queue; boxes are made in the queue's callback, while other requests run.
"""

import collections
import concurrent.futures
import itertools
import json
import sys
import time

import cv2
import numpy as np
import openvino as ov

job = json.loads(sys.argv[1])
now = time.perf_counter
cv2.setNumThreads(1)  # pictures run beside each other; threads within each would only get in the way

core = ov.Core()
compiled = core.compile_model(
    core.read_model(job["model"]),
    "CPU",
    {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_NUM_THREADS": job["threads"],
    },
)
_, _, input_height, input_width = compiled.inputs[0].shape
queue = ov.AsyncInferQueue(compiled)


def list_cells():
    grids, strides = [], []
    for stride in (8, 16, 32):
        rows, columns = np.mgrid[: input_height // stride, : input_width // stride]
        grids.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((grids[-1].shape[0], 1), stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


cells, strides = list_cells()


def prepare(path):
    picture = cv2.imread(path)
    height, width = picture.shape[:2]
    scale = min(input_height / height, input_width / width)
    size = int(width * scale), int(height * scale)
    canvas = np.full((input_height, input_width, 3), 114, dtype=np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)
    return path, tensor, size[0] / width, size[1] / height, width, height


def decode(output, scale_x, scale_y, width, height):
    threshold = job["scoreThreshold"]
    likely = np.flatnonzero(output[:, 4] > threshold)  # no class can lift a score above its objectness
    rows = output[likely]
    scores = rows[:, 4:5] * rows[:, 5:]
    places, classes = np.nonzero(scores > threshold)
    if places.size == 0:
        return np.empty((0, 5), dtype=np.float32)
    scores = scores[places, classes]
    at = likely[places]
    centres = (rows[places, :2] + cells[at]) * strides[at]
    sizes = np.exp(rows[places, 2:4]) * strides[at]
    corners = np.concatenate([centres - sizes / 2, sizes], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(corners, scores, classes, threshold, job["iouThreshold"])
    kept = np.asarray(kept)[: job["maxDetections"]]
    boxes = np.concatenate([corners[kept, :2], corners[kept, :2] + corners[kept, 2:]], axis=1)
    boxes /= np.array([scale_x, scale_y, scale_x, scale_y], dtype=np.float32)
    np.clip(boxes, 0, np.array([width, height, width, height], dtype=np.float32), out=boxes)
    return np.concatenate([scores[kept, None], boxes], axis=1)


found = {}
failures = []
count = 0


def on_done(request, userdata):
    global count
    try:
        path, _, *geometry = userdata
        found[path] = decode(request.get_output_tensor(0).data[0], *geometry)
        count += 1
    except Exception as error:
        failures.append(error)


queue.set_callback(on_done)


def start(prepared):
    # Read in place: the array stays alive with the user data.
    queue.start_async({0: prepared[1]}, prepared, share_inputs=True)


def run_in_turn(paths):
    for path in paths:
        start(prepare(path))
    queue.wait_all()


def run_with_pool(paths):
    with concurrent.futures.ThreadPoolExecutor(job["poolThreads"]) as pool:
        ahead = collections.deque()
        for path in paths:
            ahead.append(pool.submit(prepare, path))
            if len(ahead) > job["ahead"]:
                start(ahead.popleft().result())
        for future in ahead:
            start(future.result())
        queue.wait_all()


run = {"pool": run_with_pool, "in-turn": run_in_turn}[job["call"]]

# Every picture once: what was found is compared, and all is warm.
run(job["files"])
answers = [found[path].tolist() for path in job["files"][: job["compared"]]]


def cycle_until(end):
    for path in itertools.cycle(job["files"]):
        if now() >= end:
            return
        yield path


count = 0
cpu = time.process_time()
begin = now()
run(cycle_until(begin + job["seconds"]))
seconds = now() - begin
cpu = time.process_time() - cpu
if failures:
    raise failures[0]
print(
    json.dumps(
        {
            "perSecond": count / seconds,
            "cpuMilliseconds": 1000 * cpu / count,
            "count": count,
            "requests": len(queue),
            "answers": answers,
        }
    )
)

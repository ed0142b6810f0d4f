"""OpenVINO's Python API, used as its documentation shows: one job from the command line, one JSON line out."""

import json
import sys
import time

import numpy as np
import openvino as ov

job = json.loads(sys.argv[1])
threads = job["threads"]
seconds = job["seconds"]
now = time.perf_counter_ns


def load(port):
    return np.fromfile(port["file"], dtype=np.float32).reshape(port["shape"])


def compile_model(hint):
    core = ov.Core()
    model = core.read_model(job["model"])
    model.reshape({job["input"]["name"]: job["input"]["shape"]})
    properties = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": hint,
        "INFERENCE_NUM_THREADS": threads,
    }
    return core.compile_model(model, "CPU", properties)


frame = load(job["input"])
reference = load(job["output"])
answer = {}


def check(output):
    difference = float(np.max(np.abs(output - reference)) / np.max(np.abs(reference)))
    if not difference <= job["tolerance"]:
        raise SystemExit(f"the output differs from the reference by {difference} of its largest value")
    answer["difference"] = difference


def percentiles(samples):
    samples = np.sort(np.asarray(samples, dtype=np.float64)) / 1e6

    def at(share):
        return float(samples[min(len(samples) - 1, int(np.ceil(share * len(samples))) - 1)])

    answer.update(count=len(samples), p50=at(0.5), p95=at(0.95), p99=at(0.99), mean=float(samples.mean()))


def latency(call):
    """`call` runs one inference and returns its output as an array."""
    check(call())
    until = now() + int(job["warmup"] * 1e9)
    while now() < until:
        call()
    samples = []
    until = now() + int(seconds * 1e9)
    start = now()
    while start < until or len(samples) < job["minimum"]:
        call()
        end = now()
        samples.append(end - start)
        start = now()
    percentiles(samples)


def run_latency(call_name):
    compiled = compile_model("LATENCY")
    request = compiled.create_infer_request()
    port = compiled.outputs[0]
    if call_name == "infer":
        latency(lambda: request.infer(frame)[port])
    elif call_name == "infer-shared":
        latency(lambda: request.infer(frame, share_inputs=True, share_outputs=True)[port])
    elif call_name == "start-wait":

        def call():
            request.start_async(frame)
            request.wait()
            return request.get_output_tensor(0).data

        latency(call)
    else:
        # Tensors that stay with the request: nothing is copied, neither in nor out.
        request.set_input_tensor(0, ov.Tensor(frame, shared_memory=True))
        output = np.zeros_like(reference)
        request.set_output_tensor(0, ov.Tensor(output, shared_memory=True))
        if call_name == "preset-infer":

            def call():
                request.infer(share_outputs=True)
                return output

        elif call_name == "preset-start-wait":

            def call():
                request.start_async()
                request.wait()
                return output

        else:
            raise SystemExit(f"unknown call {call_name}")
        latency(call)


def run_throughput(call_name):
    compiled = compile_model("THROUGHPUT")
    check(compiled.create_infer_request().infer(frame)[compiled.outputs[0]])
    queue = ov.AsyncInferQueue(compiled)
    answer["requests"] = len(queue)
    done = 0
    last = 0.0

    def on_done(request, _userdata):
        nonlocal done, last
        done += 1
        last = request.get_output_tensor(0).data.flat[0]

    if call_name == "queue":
        queue.set_callback(on_done)

        def feed():
            queue.start_async(frame)

    elif call_name == "queue-preset":
        # Each request keeps a tensor that holds the data already, and nobody reads the outputs: the engine alone.
        for request in queue:
            request.set_input_tensor(0, ov.Tensor(frame.copy(), shared_memory=True))

        def feed():
            queue.start_async()

    else:
        raise SystemExit(f"unknown call {call_name}")

    def run_for(duration):
        count = 0
        start = now()
        until = start + int(duration * 1e9)
        while now() < until:
            feed()
            count += 1
        queue.wait_all()
        return count, (now() - start) / 1e9

    run_for(job["warmup"])
    done = 0
    count, elapsed = run_for(seconds)
    if call_name == "queue" and done != count:
        raise SystemExit(f"{count} inferences were started, {done} finished")
    answer.update(count=count, perSecond=count / elapsed)


answer["version"] = ov.get_version()
if job["mode"] == "throughput":
    run_throughput(job["call"])
else:
    run_latency(job["call"])
print(json.dumps(answer))

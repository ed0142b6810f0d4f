// What has to be reached, as data. `compare` names two calls of one mode; both were measured in every trial of one
// run, and the verdict is on the median over the trials of what the pair gave.
//
// measure: 'perSecond' or a percentile. relation: 'ratio' (ours / rival) or 'difference' (ours - rival, ms).
const everyCase = ['tiny', 'frame', 'squeezenet', 'efficientnet', 'yolox']

export const targets = [
  {
    title: "throughput, inferMany, against OpenVINO Python's AsyncInferQueue",
    cases: everyCase,
    mode: 'throughput',
    compare: ['enginery-many', 'python'],
    measure: 'perSecond',
    relation: 'ratio',
    atLeast: 0.98,
  },
  {
    title: "throughput, infer, against OpenVINO Python's AsyncInferQueue",
    cases: everyCase,
    mode: 'throughput',
    compare: ['enginery', 'python'],
    measure: 'perSecond',
    relation: 'ratio',
    atLeast: 0.98,
  },
  {
    title: "throughput, Tensors, against OpenVINO Python's AsyncInferQueue with preset tensors",
    cases: everyCase,
    mode: 'throughput',
    compare: ['enginery-tensors', 'python-preset'],
    measure: 'perSecond',
    relation: 'ratio',
    atLeast: 0.98,
  },
  {
    title: 'throughput, infer, against onnxruntime-node',
    cases: everyCase,
    mode: 'throughput',
    compare: ['enginery', 'ort'],
    measure: 'perSecond',
    relation: 'ratio',
    atLeast: 1,
  },
  {
    title: 'tiny inferSync against onnxruntime-node',
    cases: ['tiny'],
    mode: 'latency-sync',
    compare: ['enginery', 'ort'],
    measure: 'p50',
    relation: 'ratio',
    atMost: 1.1,
  },
  {
    title: 'tiny infer against OpenVINO Python start_async + wait',
    cases: ['tiny'],
    mode: 'latency-async',
    compare: ['enginery', 'python'],
    measure: 'p50',
    relation: 'ratio',
    atMost: 1.4,
  },
  {
    title: 'frame inferSync with Tensors over OpenVINO Python infer() with preset tensors',
    cases: ['frame'],
    mode: 'latency-sync',
    compare: ['enginery-tensors', 'python-preset'],
    measure: 'p50',
    relation: 'difference',
    atMost: 0.3,
  },
  {
    title: 'frame infer with Tensors over OpenVINO Python start_async + wait with preset tensors',
    cases: ['frame'],
    mode: 'latency-async',
    compare: ['enginery-tensors', 'python-preset'],
    measure: 'p50',
    relation: 'difference',
    atMost: 0.3,
  },
]

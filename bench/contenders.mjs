// Who takes part in which measurement, and how each is called. The report prints these words beside the numbers.
export const contenders = [
  {
    mode: 'latency-sync',
    title: 'Latency, one call at a time, synchronous',
    unit: 'ms',
    calls: [
      { id: 'enginery', program: 'enginery', call: 'arrays', label: 'enginery inferSync(typed array)' },
      { id: 'enginery-tensors', program: 'enginery', call: 'tensors', label: 'enginery inferSync(Tensor, preset outputs)' },
      { id: 'ort', program: 'onnxruntime', call: 'run', label: 'onnxruntime-node run()' },
      { id: 'python', program: 'openvino-python', call: 'infer', label: 'OpenVINO Python infer(array)' },
      {
        id: 'python-shared',
        program: 'openvino-python',
        call: 'infer-shared',
        label: 'OpenVINO Python infer(array, shared in and out)',
      },
      { id: 'python-preset', program: 'openvino-python', call: 'preset-infer', label: 'OpenVINO Python infer(), preset tensors' },
    ],
  },
  {
    mode: 'latency-async',
    title: 'Latency, one call at a time, asynchronous',
    unit: 'ms',
    calls: [
      { id: 'enginery', program: 'enginery', call: 'arrays', label: 'enginery infer(typed array)' },
      { id: 'enginery-tensors', program: 'enginery', call: 'tensors', label: 'enginery infer(Tensor, preset outputs)' },
      { id: 'ort', program: 'onnxruntime', call: 'run', label: 'onnxruntime-node run()' },
      { id: 'ort-preset', program: 'onnxruntime', call: 'run-preset', label: 'onnxruntime-node run(), preset outputs' },
      { id: 'python', program: 'openvino-python', call: 'start-wait', label: 'OpenVINO Python start_async(array) + wait' },
      {
        id: 'python-preset',
        program: 'openvino-python',
        call: 'preset-start-wait',
        label: 'OpenVINO Python start_async() + wait, preset tensors',
      },
    ],
  },
  {
    mode: 'throughput',
    title: 'Throughput, all requests busy',
    unit: 'inferences/s',
    calls: [
      { id: 'enginery-many', program: 'enginery', call: 'infer-many', label: 'enginery inferMany(typed arrays)' },
      {
        id: 'enginery',
        program: 'enginery',
        call: 'infer',
        label: 'enginery infer(typed array), 2 x requests outstanding (frame: one more than run)',
      },
      {
        id: 'enginery-tensors',
        program: 'enginery',
        call: 'infer-tensors',
        label: 'enginery infer(Tensor, preset outputs), 2 x requests outstanding (frame: as many as run)',
      },
      { id: 'ort', program: 'onnxruntime', call: 'run', label: 'onnxruntime-node run(), 4 outstanding' },
      {
        id: 'python',
        program: 'openvino-python',
        call: 'queue',
        label: 'OpenVINO Python AsyncInferQueue, arrays in, callback reads the output',
      },
      {
        id: 'python-preset',
        program: 'openvino-python',
        call: 'queue-preset',
        label: 'OpenVINO Python AsyncInferQueue, preset tensors, outputs not read',
      },
    ],
  },
]

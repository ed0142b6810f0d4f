import type { ErrorEntry } from '../error-entry.js'

export const evaluationErrors = {
  METRIC_ANNOTATION_MISSING: {
    topic: 'Evaluation',
    message: '{metric} needs {what}, and sample {sample} has none',
    cure: 'Choose a metric that fits the annotations, or complete them; a picture in which there is nothing has an empty list.',
  },
  METRIC_CATEGORY_UNKNOWN: {
    topic: 'Evaluation',
    message: '{metric}: {what} of sample {sample} is class {category}; the dataset has {count} classes, from 0',
    cure: "Name the classes in the order of the model's with the option `classes` of the data, or move them with `labelOffset` of the decoder; or check that both belong together.",
  },
  METRIC_RESULT_INVALID: {
    topic: 'Evaluation',
    message: '{metric} cannot score sample {sample}: {reason}',
    cure: 'Look at the outputs of the model for this sample, and at its annotations; NaN comes from a broken model or a wrong decoder.',
  },
  METRIC_SAMPLE_REPEATED: {
    topic: 'Evaluation',
    message: '{metric}: sample {sample} occurs twice',
    cure: 'Give each sample an id of its own, and add its result once.',
  },
  METRIC_SAMPLE_UNKNOWN: {
    topic: 'Evaluation',
    message: '{metric}: sample {sample} is not in the dataset',
    cure: 'Score results with the dataset they were made from.',
  },
  METRIC_TASK_MISMATCH: {
    topic: 'Evaluation',
    message: '{metric} scores results of the task {expected}, received {received} for sample {sample}',
    cure: 'Choose a metric for what the decoder returns, or the other way round.',
  },
  METRIC_UNDEFINED: {
    topic: 'Evaluation',
    message: '{metric} has no value: {reason}',
    cure: 'Score samples that have something to be scored: more of them, or others.',
  },
  METRIC_NEEDED: {
    topic: 'Evaluation',
    message: 'No metric was asked for, and none is usual for results of the task {task}.',
    cure: 'Name the metrics, or pass your own (createCustomMetric).',
  },
  RESULT_COUNT: {
    topic: 'Evaluation',
    message: 'Sample {sample}: the decoder gave {received} results, expected {expected}.',
    cure: 'Return one result for each sample of the batch; a batch of an evaluation has one.',
  },
  RESULTS_MISMATCH: {
    topic: 'Evaluation',
    message: '{path} holds results of something else: {reason}.',
    cure: 'Choose another folder for results, or delete the file to begin anew.',
  },
  RESULTS_INVALID: {
    topic: 'Evaluation',
    message: '{path}:{line}: no results of an evaluation: {reason}.',
    cure: 'Choose another folder for results, or delete the file to begin anew.',
  },
  METRIC_FUNCTION_FAILED: {
    topic: 'Evaluation',
    message: '{metric}: the function {what} failed: {reason}',
    cure: 'Correct the function; what it threw is the `cause`.',
  },
  METRIC_VALUE_INVALID: {
    topic: 'Evaluation',
    message: '{metric}: {what} should be a finite number, received {received}',
    cure: 'Correct the function so that it returns a number for all samples, those without results too.',
  },
  BOOTSTRAP_SAMPLES_DIFFER: {
    topic: 'Evaluation',
    message: '{metric} can compare two models on the same samples only: {reason}',
    cure: 'Score both models on the same dataset, and leave out of both what failed in one.',
  },
} as const satisfies Record<string, ErrorEntry>

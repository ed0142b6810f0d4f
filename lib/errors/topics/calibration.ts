import type { ErrorEntry } from '../error-entry.js'

export const calibrationErrors = {
  CALIBRATION_EMPTY: {
    topic: 'Calibration',
    message: 'expected samples to calibrate with, received none',
    cure: 'Check that the folder, file or iterable is not empty, and that a generator was not read before.',
  },
  CALIBRATION_INPUT_NOT_FINITE: {
    topic: 'Calibration',
    message: 'sample {sample}: element {element} of the input {input} is infinite or not a number',
    cure: 'Repair or leave out the sample; if all are hit, the preprocessing is broken: a division by a standard deviation of 0, for example.',
  },
  CALIBRATION_NOT_FINITE: {
    topic: 'Calibration',
    message: 'sample {sample}: {tensor} holds NaN, or infinity or sums beyond it',
    cure: 'Repair or leave out the sample, or pass `onNotFinite: "skip"` to go on without such samples; if all are hit, the preprocessing or the model is broken.',
  },
  CALIBRATION_POINT_INVALID: {
    topic: 'Calibration',
    message: 'the tensor {tensor} cannot be observed: {reason}',
    cure: 'Leave it out, or fix the shapes of the inputs with the option `shapes`.',
  },
  CALIBRATION_SAMPLE_INVALID: {
    topic: 'Calibration',
    message: 'sample {sample}: expected {expected}, received {received}',
    cure: "Give each sample as an object with one tensor for each input of the model, in the model's element type and shape, with or without the batch dimension.",
  },
  CALIBRATION_SOURCE_FAILED: {
    topic: 'Calibration',
    message: 'the source of samples failed at sample {sample}: {reason}',
    cure: 'See `cause`, which is what the source threw.',
  },
  CALIBRATION_SOURCE_SPENT: {
    topic: 'Calibration',
    message: 'the statistics need {passes} passes over the samples, and the source can be read only once',
    cure: 'Pass an array, a function that returns a new iterable each time, or files; or raise `memoryLimit` so that one pass is enough.',
  },
  STATISTICS_INVALID: {
    topic: 'Calibration',
    message: '{path} holds no statistics that can be used: {reason}',
    cure: 'Remove the file and collect the statistics again; if nobody touched it, the disk or the transfer has damaged it.',
  },
  STATISTICS_MISMATCH: {
    topic: 'Calibration',
    message: '{path} holds statistics of something else. They differ in:\n{differences}',
    cure: 'Collect them again (remove the file, or name another), or go back to what they were made from.',
  },
} as const satisfies Record<string, ErrorEntry>

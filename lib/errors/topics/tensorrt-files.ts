import type { ErrorEntry } from '../error-entry.js'

export const tensorrtFilesErrors = {
  CALIBRATION_TABLE_INVALID: {
    topic: 'Calibration',
    message: '{path} is no calibration table that can be used: line {line}: {reason}',
    cure: 'Calibrate again, or correct the line; `enginery calibration-cache check` lists all that is wrong.',
  },
  CALIBRATION_TABLE_UNFIT: {
    topic: 'Calibration',
    message: 'The calibration table {path} does not fit what is built:\n{problems}',
    cure: 'Calibrate again (`onUnfit: "recalibrate"`, or remove the file), or take its scales as they are with `onUnfit: "use"`.',
  },
  CALIBRATION_MANIFEST_INVALID: {
    topic: 'Calibration',
    message: 'The manifest {path} of a calibration table cannot be used: {reason}',
    cure: 'Calibrate again; or remove the manifest, and nothing tells any more which model and data the table is of.',
  },
  RANGES_INVALID: {
    topic: 'Calibration',
    message: '{path} holds no ranges of tensors: {reason}',
    cure: 'Give a JSON object with [min, max] for each tensor, the calibration.json of onnxruntime, or what `enginery calibration-cache convert` writes.',
  },
  TIMING_CACHE_BUSY: {
    topic: 'Building engines',
    message: 'The timing cache {path} is held by {owner} for {seconds} seconds already',
    cure: 'Wait for that build, or give this one a timing cache of its own; if no such process exists any more, remove {lock}.',
  },
  TIMING_CACHE_INVALID: {
    topic: 'Building engines',
    message: 'The timing cache {path} cannot be used: {reason}',
    cure: 'Remove it: the next build measures again, and writes a new one.',
  },
  TIMING_CACHE_CHANGE_REFUSED: {
    topic: 'Building engines',
    message: 'TensorRT does not change {keys} in the timing cache {path}; nothing was written',
    cure: 'Name keys that the cache has (`enginery timing-cache show`), times that are not negative, and no tactic 0xffffffffffffffff.',
  },
  PROFILES_INVALID: {
    topic: 'Building engines',
    message: '{path} holds no optimization profiles that can be used: {reason}',
    cure: 'Give each input min <= opt <= max of the same rank; profiles collected from samples are written by `collectProfile`.',
  },
  TRTEXEC_OPTION_INVALID: {
    topic: 'Options and configuration',
    message: '{option}: {reason}',
    cure: 'Write it as trtexec takes it, or use the option of enginery that means it (docs/guides/tensorrt.md has both).',
  },
} as const satisfies Record<string, ErrorEntry>

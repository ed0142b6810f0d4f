import type { ErrorEntry } from '../error-entry.js'

export const dataFilesErrors = {
  NPY_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as .npy: {reason}',
    cure: 'Write it again with numpy.save(file, array).',
  },
  NPZ_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as .npz: {reason}',
    cure: 'Write it again with numpy.savez(file, name=array).',
  },
  NPY_TRUNCATED: {
    topic: 'Data files',
    message: '{file} is cut short: expected {expected} bytes, received {received}',
    cure: 'Copy or write the file again; an interrupted copy or a full disk leaves such a file.',
  },
  NPY_UNSUPPORTED_DTYPE: {
    topic: 'Data files',
    message: '{file}: element type {received} is not supported; expected {expected}',
    cure: 'Convert the array first: array.astype("float32") in Python, toFloat32 here.',
  },
  NPZ_ARRAY_NOT_FOUND: {
    topic: 'Data files',
    message: '{file} has no array {name}; it has {expected}',
    cure: 'Use one of these names; numpy.savez names arrays passed without a name arr_0, arr_1, ...',
  },
  DATASET_FORMAT_UNKNOWN: {
    topic: 'Data files',
    message: 'The format of the dataset at {path} is not clear: {reason}',
    cure: 'Say it with the option `format`: one of {formats}.',
  },
  DATASET_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as {format}: {reason}',
    cure: 'Correct the file, or choose another `format`.',
  },
  DATASET_EMPTY: {
    topic: 'Data files',
    message: 'The dataset at {path} has no samples: {reason}',
    cure: 'Check the folder; pictures are recognised by their extension.',
  },
  DATASET_MISMATCH: {
    topic: 'Data files',
    message: 'Pictures and annotations do not match: {problems}',
    cure: 'Correct the annotations, or leave out `strict` to go on and find this in `warnings`.',
  },
  PICTURE_BROKEN: {
    topic: 'Data files',
    message: '{id} could not be read: {reason}',
    cure: "Replace or remove the picture, or pass `onBroken: 'skip'` to go on without it.",
  },
} as const satisfies Record<string, ErrorEntry>

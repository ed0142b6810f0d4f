import type { ErrorEntry } from '../error-entry.js'

export const picturesErrors = {
  IMAGE_DECODER_MISSING: {
    topic: 'Pictures',
    message: 'Pictures are decoded by the package sharp, which could not be loaded: {reason}',
    cure: 'Install it next to enginery: npm install sharp@{version}. It is optional: tensors and .npy files need no decoder.',
  },
  IMAGE_CORRUPT: {
    topic: 'Pictures',
    message: '{image} cannot be decoded: {reason}',
    cure: 'Open it in a viewer; copy or download it again, or leave it out.',
  },
  IMAGE_TOO_LARGE: {
    topic: 'Pictures',
    message: '{image} has {width} x {height} pixels, more than the limit of {limit}',
    cure: 'Raise `maxPixels` if the picture is to be trusted: a small file can unpack to any size.',
  },
  IMAGE_INVALID: {
    topic: 'Pictures',
    message: 'The picture and what is asked of it do not fit: {reason}',
    cure: 'Pass width, height and data as decodeImage() returns them, and a plan that matches the tensor.',
  },
} as const satisfies Record<string, ErrorEntry>

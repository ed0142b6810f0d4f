import type { ResizeDescription } from './preprocess-schema.js'
import { isIdentity, type ResolvedPreprocess } from './resolve-preprocess.js'

/** One line for people, for example `short side 256 (pillow-bicubic), crop 224 x 224, RGB, (x - 127) / 128, NCHW f32`. */
export function describePreprocess(description: ResolvedPreprocess): string {
  const { sourceCrop, crop, padTo, color, layout, type, pad } = description
  const pads = description.resize.mode === 'letterbox' || description.resize.mode === 'height' || padTo !== undefined
  return [
    sourceCrop && `middle ${sourceCrop.width} x ${sourceCrop.height} of the picture`,
    describeResize(description.resize),
    crop && `crop ${crop.width ?? '?'} x ${crop.height ?? '?'}`,
    padTo && `padded to multiples of ${padTo.multipleOf}`,
    pads && `pad ${list(pad)}`,
    color,
    isIdentity(description) ? undefined : describeNormalization(description),
    `${layout} ${type}`,
  ]
    .filter(Boolean)
    .join(', ')
}

function describeResize(resize: ResizeDescription): string {
  if (resize.mode === 'none') return 'not resized'
  const by = `(${resize.filter})`
  switch (resize.mode) {
    case 'stretch':
      return `stretched to ${resize.width ?? '?'} x ${resize.height ?? '?'} ${by}`
    case 'letterbox':
      return `letterbox ${resize.width ?? '?'} x ${resize.height ?? '?'} ${resize.align} ${by}`
    case 'short-side':
      return `short side ${resize.size}${resize.longSide ? `, long side at most ${resize.longSide}` : ''} ${by}`
    case 'height':
      return `height ${resize.height ?? '?'}, width ${resize.width ? `at most ${resize.width}` : 'by aspect'} ${by}`
    case 'limit-side':
      return `${resize.side} side ${resize.side === 'short' ? 'at least' : 'at most'} ${resize.size}, multiples of ${resize.multipleOf} ${by}`
  }
}

function describeNormalization({ scale, mean, std }: ResolvedPreprocess): string {
  const scaled = scale.every((each) => each === 1)
    ? 'x'
    : scale.every((each) => each === 1 / 255)
      ? 'x / 255'
      : `x * ${list(scale)}`
  const centred = mean.every((each) => each === 0) ? scaled : `${scaled} - ${list(mean)}`
  if (std.every((each) => each === 1)) return centred
  return `${/ /.test(centred) ? `(${centred})` : centred} / ${list(std)}`
}

function list(values: readonly number[]): string {
  return values.every((value) => value === values[0]) ? String(values[0]) : `[${values.join(' ')}]`
}

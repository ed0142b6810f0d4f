import { describe, expect, it } from 'vitest'
import { readWarnings } from '../../../../lib/engine/tensorrt/build-warnings.js'

const line = (severity: 'warning' | 'info', text: string) => ({ severity, text, ofAnyBuild: false })

describe('readWarnings', () => {
  it('tells which tensor has no scale, once', () => {
    const text = 'Missing scale and zero-point for tensor conv1/out:0, expect fall back to non-int8 implementation for any layer'
    expect(readWarnings([line('warning', text), line('info', 'something'), line('warning', text)])).toEqual([
      { kind: 'missing-scale', tensor: 'conv1/out:0', text, count: 2 },
    ])
  })

  it('tells names of tensors that hold commas whole, and lines that end behind the name', () => {
    const texts = [
      'Missing scale and zero-point for tensor a, b, expect fall back to non-int8 implementation for any layer consuming it',
      'Missing scale and zero-point for tensor c',
    ]
    expect(readWarnings(texts.map((text) => line('warning', text))).map(({ tensor }) => tensor)).toEqual(['a, b', 'c'])
  })

  it('keeps what it does not know', () => {
    const text = 'Something else entirely'
    expect(readWarnings([line('warning', text)])).toEqual([{ kind: 'other', tensor: null, text, count: 1 }])
  })
})

import { describe, expect, it } from 'vitest'
import { canonicalJson, digestEngine } from '../../../lib/engine/engine-digest.js'
import { formatManifest } from '../../../lib/engine/engine-file.js'
import {
  compareManifest,
  createManifest,
  type EngineIdentity,
  manifestVersion,
  mismatchError,
  parseManifest,
} from '../../../lib/engine/manifest.js'
import { content, identity } from './manifest-content.js'

const manifest = createManifest(content, { sha256: 'b'.repeat(64), bytes: 5 })

describe('parseManifest', () => {
  it('reads what was written', () => {
    expect(parseManifest(formatManifest(manifest), 'e.json')).toEqual(manifest)
    expect(manifest).toMatchObject({ kind: 'enginery-engine', manifestVersion })
    expect(Date.now() - Date.parse(manifest.createdAt)).toBeLessThan(60_000)
  })

  it.each<[string, string, string]>([
    ['nothing', '', 'it is empty'],
    ['half a file', formatManifest(manifest).slice(0, 100), 'it is no JSON'],
    ['null', 'null', 'no manifest'],
    ['other JSON', '{"name":"x"}', 'no manifest'],
    [
      'a later version',
      JSON.stringify({ ...manifest, manifestVersion: 99 }),
      `version 99, this enginery reads version ${manifestVersion}`,
    ],
    ['a digest that is none', JSON.stringify({ ...manifest, blob: { sha256: 'x', bytes: 1 } }), 'blob.sha256'],
    ['a missing part', JSON.stringify({ ...manifest, devices: undefined }), 'devices'],
    ['a negative size', JSON.stringify({ ...manifest, blob: { ...manifest.blob, bytes: -1 } }), 'blob.bytes'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parseManifest(text, 'e.json')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining(reason) }),
    )
  })
})

describe('compareManifest', () => {
  it('finds nothing where nothing differs, or nothing is asked for', () => {
    expect(compareManifest(identity, manifest)).toEqual([])
    expect(compareManifest({}, manifest)).toEqual([])
    const renamed = { ...identity, model: { ...identity.model, name: 'other.onnx', bytes: 1 } }
    expect(compareManifest(renamed, manifest)).toEqual([])
  })

  it('names every leaf that differs, with both values', () => {
    const expected: EngineIdentity = {
      backend: 'openvino',
      model: { ...identity.model, sha256: 'c'.repeat(64) },
      options: { device: 'CPU', precision: 'fp32', hints: {}, shapes: 'dynamic' },
      versions: { ...identity.versions, openvino: '2027.0' },
      devices: [...identity.devices, { name: 'GPU', fullName: 'G', properties: {} }],
      cpuFeatures: ['amxBf16', 'avx2'],
    }
    expect(compareManifest(expected, manifest)).toEqual([
      { field: 'model.sha256', expected: 'c'.repeat(64), found: 'a'.repeat(64) },
      { field: 'options.hints.streams', expected: undefined, found: 2 },
      { field: 'options.shapes', expected: 'dynamic', found: undefined },
      { field: 'versions.openvino', expected: '2027.0', found: '2026.4.1' },
      { field: 'devices.1', expected: { name: 'GPU', fullName: 'G', properties: {} }, found: undefined },
      { field: 'cpuFeatures.amxBf16', expected: true, found: false },
      { field: 'cpuFeatures.fma', expected: false, found: true },
    ])
  })

  it('becomes an error that says all of it', () => {
    const differences = compareManifest({ versions: { ...identity.versions, openvino: '2027.0' } }, manifest)
    expect(mismatchError('e.blob', differences)).toMatchObject({
      code: 'ENGINE_MISMATCH',
      message: 'The saved engine e.blob does not fit here:\n  - versions.openvino: needed here "2027.0", built with "2026.4.1"',
      details: { differences },
    })
  })
})

describe('digestEngine', () => {
  it('is the same for the same engine, however it is written down', () => {
    const reordered = Object.fromEntries(Object.entries(identity).reverse()) as unknown as EngineIdentity
    expect(digestEngine(reordered)).toBe(digestEngine(identity))
    expect(digestEngine(parseManifest(formatManifest(manifest), ''))).toBe(digestEngine(identity))
    expect(digestEngine({ ...identity, options: { ...identity.options, shapes: undefined as never } })).toBe(
      digestEngine(identity),
    )
    expect(digestEngine({ ...identity, model: { ...identity.model, name: null, bytes: 1, format: 'ir' } })).toBe(
      digestEngine(identity),
    )
  })

  it.each<[string, Partial<EngineIdentity>]>([
    ['backend', { backend: 'other' }],
    ['model', { model: { ...identity.model, sha256: 'd'.repeat(64) } }],
    ['an option', { options: { ...identity.options, precision: 'bf16' } }],
    ['an option inside an option', { options: { ...identity.options, hints: { streams: 3 } } }],
    ['version of the engine', { versions: { ...identity.versions, openvino: '2027' } }],
    ['version of the package', { versions: { ...identity.versions, enginery: '9' } }],
    ['processor', { devices: [{ name: 'CPU', fullName: 'Another processor', properties: {} }] }],
    ['driver', { devices: [{ name: 'CPU', fullName: 'A processor', properties: { driver: '2' } }] }],
    ['processor feature', { cpuFeatures: ['avx2'] }],
  ])('changes with the %s', (_, change) => {
    expect(digestEngine({ ...identity, ...change })).not.toBe(digestEngine(identity))
  })
})

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves lists in order', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 0], a: { z: null, y: undefined } })).toBe('{"a":{"z":null},"b":[{"c":2,"d":1},0]}')
    expect(canonicalJson('x')).toBe('"x"')
  })
})

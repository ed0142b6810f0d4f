import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineReportSchema, modelReportSchema } from '../../lib/cli/reports/report-schemas.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const noEngine = { ENGINERY_OPENVINO_ADDON: '/nowhere/openvino.node' }

describe('enginery inspect', () => {
  it('describes an ONNX model, with and without an engine', async () => {
    const folder = await temporaryFolder()
    const model = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: ['batch', 3] }],
      outputs: [{ name: 'y', type: 'f32', shape: ['batch', 2] }],
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', type: 'f32', shape: [3, 2], data: new Uint8Array(24) }],
      metadata: { author: 'a\u001b[31mb' },
    })
    await writeFile(join(folder, 'm.onnx'), model)
    const report = modelReportSchema.parse(parseReport(await runCli(['inspect', join(folder, 'm.onnx'), '--json', '--digest'])))
    expect(report).toMatchObject({
      format: 'onnx',
      bytes: model.length,
      inputs: [{ name: 'x', type: 'f32', shape: ['dynamic', 3], symbols: ['batch', null] }],
      operators: [{ domain: 'ai.onnx', type: 'MatMul', count: 1 }],
      parameters: 6,
      weights: [{ type: 'f32', tensors: 1, elements: 6, bytes: 24 }],
      quantization: [],
      engineError: null,
      suggestedIgnored: null,
      engine: { inputs: [{ name: 'x', shape: ['dynamic', 3] }] },
    })
    expect(report.digest).toMatch(/^[0-9a-f]{64}$/)

    const bare = await runCli(['inspect', join(folder, 'm.onnx')], { env: noEngine })
    expect(bare.code).toBe(0)
    expect(bare.stdout).toMatch(/x {2}f32 {2}\[batch,3\]/)
    expect(bare.stdout).toMatch(/OpenVINO is not installed/)
    // What a model file says must not act on the terminal.
    expect(bare.stdout).toContain('a\\x1b[31mb')
  })

  it('describes a model that the engine refuses', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'odd.onnx'), unaryModel('NoSuchOperator', [1]))
    const outcome = await runCli(['inspect', join(folder, 'odd.onnx'), '--json'])
    expect(outcome.code).toBe(0)
    const report = modelReportSchema.parse(parseReport(outcome))
    expect(report.operators).toEqual([{ domain: 'ai.onnx', type: 'NoSuchOperator', count: 1 }])
    expect(report.engine).toBeNull()
    expect(report.engineError?.code).toMatch(/^MODEL_/)
  })

  it('describes a saved engine, and says why one does not load here', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'm.onnx'), unaryModel('Relu', [1, 4]))
    const blob = join(folder, 'm.blob')
    expect((await runCli(['build', join(folder, 'm.onnx'), '-o', blob])).code).toBe(0)
    const report = engineReportSchema.parse(parseReport(await runCli(['inspect', blob, '--json'])))
    expect(report).toMatchObject({ loadError: null, description: { device: 'CPU', executionDevices: ['CPU'] } })
    expect(report.manifest).toMatchObject({ model: { name: 'm.onnx' } })
    expect(report.description?.layers.length).toBeGreaterThan(0)
    expect((await runCli(['inspect', blob, '--layers'])).stdout).toMatch(/Every layer/)

    const foreign = await runCli(['inspect', blob], { env: noEngine })
    expect(foreign.code).toBe(0)
    expect(foreign.stdout).toMatch(/It does not load here\n {2}ADDON_NOT_FOUND/)
    const unloaded = engineReportSchema.parse(parseReport(await runCli(['inspect', blob, '--no-load', '--json'])))
    expect(unloaded).toMatchObject({ description: null, loadError: null })
  })

  it.each([
    ['nothing.onnx', 'MODEL_NOT_FOUND'],
    ['nothing.blob', 'ENGINE_NOT_FOUND'],
  ])('fails with a coded error for %s', async (file, code) => {
    const outcome = await runCli(['inspect', file])
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(new RegExp(`^error ${code}: .*\ncure: `))
  })
})

describeWithData('enginery inspect, trained models', () => {
  it.each([
    ['squeezenet_fp32.onnx', { format: 'onnx', parameters: 1_235_497, quantization: [] }],
    [
      'mobilenet_v1_0.25_128_quant.tflite',
      { format: 'tflite', inputs: [expect.objectContaining({ type: 'u8', shape: [1, 128, 128, 3] })] },
    ],
    [
      'ch_PP-OCRv4_det_infer.onnx',
      { inputs: [expect.objectContaining({ name: 'x', shape: ['dynamic', 3, 'dynamic', 'dynamic'] })] },
    ],
  ])('%s', async (name, expected) => {
    const outcome = await runCli(['inspect', join(dataFolder, 'models', name), '--json'])
    expect(modelReportSchema.parse(parseReport(outcome))).toMatchObject(expected)
  })

  it('lists what quantize leaves float because of its structure, and why', async () => {
    const file = join(dataFolder, 'models', 'tiny_detr_digits_96.onnx')
    const report = modelReportSchema.parse(parseReport(await runCli(['inspect', file, '--suggest-ignored', '--json'])))
    const found = report.suggestedIgnored ?? []
    expect([...new Set(found.map(({ recipe }) => recipe))]).toEqual(
      expect.arrayContaining(['attention', 'query-decoder', 'query-selection', 'box-regression']),
    )
    const [selection] = found.filter(({ recipe }) => recipe === 'query-selection')
    expect(selection).toMatchObject({ decision: 'float', reason: expect.stringMatching(/TopK/) })
    expect(selection?.nodes).toContainEqual({ name: '/ec/MatMul', operator: 'MatMul', couldBeInteger: true })
    expect(selection?.nodes).toContainEqual({ name: '/TopK', operator: 'TopK', couldBeInteger: false })

    const { stdout } = await runCli(['inspect', file, '--suggest-ignored'])
    expect(stdout).toMatch(/^ +query-selection: float$/m)
    expect(stdout).toMatch(/^ +attention: float, 5 times$/m)
    expect(stdout).toMatch(/MatMul {2}\/ec\/MatMul/)
    expect((await runCli(['inspect', file])).stdout).not.toMatch(/Recognised/)
  })

  it('suggests for float ONNX models alone', async () => {
    const outcome = await runCli(['inspect', join(dataFolder, 'models', 'vww_96_float.tflite'), '--suggest-ignored'])
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(/^error QUANTIZATION_NOT_ONNX: /)
  })

  it('finds the quantization of an INT8 model', async () => {
    const { stdout } = await runCli(['inspect', join(dataFolder, 'models', 'mobilenet_v1_0.25_128_quant.tflite')])
    expect(stdout).toMatch(/^quantized\s+\d+ FakeQuantize$/m)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadOpenVino } from '../../lib/native/load-addon.js'
import type { NativeCompiledModel, NativeModelSource } from '../../lib/native/openvino-addon.js'
import { unaryModel } from '../models/encode-onnx.js'

const addon = loadOpenVino()
const oneThread = { NUM_STREAMS: 1, INFERENCE_NUM_THREADS: 1, INFERENCE_PRECISION_HINT: 'f32' }
const compiled: NativeCompiledModel[] = []

async function compile(source: NativeModelSource): Promise<NativeCompiledModel> {
  const model = await addon.readModel(source)
  const made = await addon.compileModel(model, 'CPU', { PERFORMANCE_HINT: 'THROUGHPUT', INFERENCE_PRECISION_HINT: 'f32' })
  model.close()
  compiled.push(made)
  return made
}

function runOnce(engine: NativeCompiledModel, values: number[]): number[] {
  const [request] = engine.createRequestsSync(1)
  const [output] = request?.inferSync([new Float32Array(values)]) ?? []
  request?.close()
  return [...new Float32Array(output as ArrayBuffer)]
}

// Adds each input to the sum of those before.
const sumSoFar = `<?xml version="1.0"?>
<net name="sum" version="11">
  <layers>
    <layer id="0" name="x" type="Parameter" version="opset1">
      <data shape="1,4" element_type="f32"/>
      <output><port id="0" precision="FP32" names="x"><dim>1</dim><dim>4</dim></port></output>
    </layer>
    <layer id="1" name="start" type="Const" version="opset1">
      <data element_type="f32" shape="1,4" offset="0" size="16"/>
      <output><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></output>
    </layer>
    <layer id="2" name="read" type="ReadValue" version="opset6">
      <data variable_id="sum" variable_type="f32" variable_shape="1,4"/>
      <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input>
      <output><port id="1" precision="FP32"><dim>1</dim><dim>4</dim></port></output>
    </layer>
    <layer id="3" name="add" type="Add" version="opset1">
      <data auto_broadcast="numpy"/>
      <input>
        <port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port>
        <port id="1" precision="FP32"><dim>1</dim><dim>4</dim></port>
      </input>
      <output><port id="2" precision="FP32" names="y"><dim>1</dim><dim>4</dim></port></output>
    </layer>
    <layer id="4" name="write" type="Assign" version="opset6">
      <data variable_id="sum"/>
      <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input>
      <output><port id="1" precision="FP32"><dim>1</dim><dim>4</dim></port></output>
    </layer>
    <layer id="5" name="result" type="Result" version="opset1">
      <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input>
    </layer>
  </layers>
  <edges>
    <edge from-layer="1" from-port="0" to-layer="2" to-port="0"/>
    <edge from-layer="2" from-port="1" to-layer="3" to-port="0"/>
    <edge from-layer="0" from-port="0" to-layer="3" to-port="1"/>
    <edge from-layer="3" from-port="2" to-layer="4" to-port="0"/>
    <edge from-layer="3" from-port="2" to-layer="5" to-port="0"/>
  </edges>
</net>`

describe('compileAgain', () => {
  let relu: NativeCompiledModel
  beforeAll(async () => {
    relu = await compile({ bytes: unaryModel('Relu', [1, 4]), format: 'onnx' })
  })
  afterAll(() => Promise.all(compiled.map((each) => each.close())))

  it('gives the same engine with other properties', async () => {
    const again = (await relu.compileAgain('CPU', oneThread, 1 << 20)) as NativeCompiledModel
    compiled.push(again)
    expect(again.inputs()).toEqual(relu.inputs())
    expect(again.outputs()).toEqual(relu.outputs())
    expect(again.getProperty('NUM_STREAMS')).toBe(1)
    expect(again.getProperty('INFERENCE_NUM_THREADS')).toBe(1)
    expect(runOnce(again, [-1, 2, -3, 4])).toEqual([0, 2, 0, 4])
  })

  it('outlives the engine it was made of', async () => {
    const first = await compile({ bytes: unaryModel('Relu', [1, 4]), format: 'onnx' })
    const again = (await first.compileAgain('CPU', oneThread, 1 << 20)) as NativeCompiledModel
    compiled.push(again)
    await first.close()
    expect(runOnce(again, [5, -5, 6, -6])).toEqual([5, 0, 6, 0])
  })

  it('is null where the engine is larger than asked for', async () => {
    expect(await relu.compileAgain('CPU', oneThread, 100)).toBeNull()
  })

  it('is null where an inference leaves something for the next, which two engines would not share', async () => {
    const sum = await compile({ bytes: new TextEncoder().encode(sumSoFar), weights: new Uint8Array(16), format: 'ir' })
    const [request] = sum.createRequestsSync(1)
    const values = [1, 2].map(() => new Float32Array(request?.inferSync([new Float32Array([1, 2, 3, 4])])[0] as ArrayBuffer)[3])
    request?.close()
    expect(values).toEqual([4, 8])
    expect(await sum.compileAgain('CPU', oneThread, 1 << 20)).toBeNull()
  })

  it('says what is wrong', async () => {
    await expect(relu.compileAgain('CPU', { NO_SUCH_PROPERTY: 1 }, 1 << 20)).rejects.toMatchObject({ code: 'OV_IMPORT' })
    expect(() => relu.compileAgain('CPU', oneThread, -1)).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
    const closed = await compile({ bytes: unaryModel('Relu', [1, 4]), format: 'onnx' })
    await closed.close()
    expect(() => closed.compileAgain('CPU', oneThread, 1 << 20)).toThrow(expect.objectContaining({ code: 'NATIVE_CLOSED' }))
  })
})

// Usage: node end.mjs <folder of models> <scenario>
// Scripts that come to their end without closing anything.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildEngine, Tensor } from '../../../../dist/index.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'

const [folder, scenario] = process.argv.slice(2)
const slow = { model: `${folder}/slow.onnx` }
const slowInput = new Float32Array(32 * 96 * 96)

const scenarios = {
  async openEngines() {
    const engines = await Promise.all([buildEngine(slow), buildEngine(slow)])
    await Promise.all(engines.map((engine) => engine.infer(slowInput)))
    engines[0].inferSync(slowInput)
    console.log('last line')
  },
  async pending() {
    buildEngine(slow).then((engine) => {
      console.log('built')
      engine.infer(slowInput).then(() => {
        console.log('inferred')
        const dir = mkdtempSync(join(tmpdir(), 'enginery-end-'))
        engine.save(join(dir, 'slow.blob')).then(() => {
          console.log('saved')
          rmSync(dir, { recursive: true })
        })
      })
    })
    console.log('last line')
  },
  async exitCode() {
    process.exitCode = 5
    const engine = await buildEngine(slow)
    engine.infer(slowInput)
    console.log('last line')
  },
  async nativeHandles() {
    const addon = loadOpenVino()
    addon.setLogListener(() => {})
    const compiled = addon.compileModelSync(addon.readModelSync({ path: slow.model }), 'CPU', {})
    globalThis.held = [compiled, compiled.createRequestsSync(2), Tensor.allocate('f32', [1000]), new addon.Memory(1000)]
    console.log('last line')
  },
  async abortedBuild() {
    const controller = new AbortController()
    const onProgress = ({ stage }) => stage === 'compile' && setImmediate(() => controller.abort())
    const building = buildEngine({ model: `${folder}/large.onnx`, signal: controller.signal, onProgress })
    await building.catch((error) => console.log(error.code))
  },
  async unused() {
    console.log('last line')
  },
}

await scenarios[scenario]()

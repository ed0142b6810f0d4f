// Usage: node --experimental-vm-modules --no-warnings use-contexts.mjs <folder of models> <scenario>
// Arrays from other contexts, and the package itself loaded into one, as test runners do. Prints JSON.
import { readFile } from 'node:fs/promises'
import vm from 'node:vm'
import { buildEngine, Tensor } from '../../../../dist/index.js'
import { codeOf } from './code-of.mjs'

const [folder, scenario] = process.argv.slice(2)
const model = (name) => `${folder}/${name}.onnx`
const frame = [1, 3, 96, 96]

/** Loads the package's modules in a context of its own; what it imports from elsewhere comes from this one. */
async function importInContext(context, specifier) {
  const modules = new Map()
  const load = async (url) => {
    const source = await readFile(new URL(url), 'utf8')
    return new vm.SourceTextModule(source, {
      context,
      identifier: url,
      initializeImportMeta: (meta) => {
        meta.url = url
      },
      importModuleDynamically: (wanted, referrer) => link(wanted, referrer),
    })
  }
  const link = (wanted, referrer) => {
    const url = wanted.startsWith('.') ? new URL(wanted, referrer.identifier).href : wanted
    if (!modules.has(url)) modules.set(url, wanted.startsWith('.') ? load(url) : wrap(url))
    return modules.get(url)
  }
  const wrap = async (name) => {
    const outside = await import(name)
    const names = Object.keys(outside)
    return new vm.SyntheticModule(
      names,
      function () {
        for (const each of names) this.setExport(each, outside[each])
      },
      { context },
    )
  }
  const root = await load(new URL(specifier, import.meta.url).href)
  await root.link(link)
  await root.evaluate()
  return root.namespace
}

const scenarios = {
  async arrays() {
    const context = vm.createContext({})
    const tiny = await buildEngine({ model: model('tiny') })
    const large = await buildEngine({ model: model('frame') })
    const small = () => vm.runInContext('new Float32Array([-1, 2, -3, 4])', context)
    const big = () => vm.runInContext('new Float32Array(3 * 96 * 96).fill(5)', context)
    const inContext = vm.runInContext('(infer, input) => infer(input)', context)
    return [
      (await tiny.infer(small())).y.data.join(),
      tiny.inferSync({ x: small() }).y.data.join(),
      (await inContext((input) => tiny.infer(input), small())).y.data.join(),
      (await large.infer(big())).y.data.every((v) => v === 5),
      large.inferSync(Tensor.from(big(), frame)).y.data.every((v) => v === 5),
      await codeOf(() => tiny.infer(vm.runInContext('new Float64Array(4)', context))),
      await codeOf(() => tiny.infer(vm.runInContext('[1, 2, 3, 4]', context))),
    ]
  },

  async package() {
    const shared = {
      console,
      process,
      performance,
      URL,
      AbortSignal,
      AbortController,
      Buffer,
      structuredClone,
      setTimeout,
      clearTimeout,
      queueMicrotask,
    }
    const context = vm.createContext(shared)
    const enginery = await importInContext(context, '../../../../dist/index.js')
    const answers = []
    for (const name of ['tiny', 'frame']) {
      const engine = await enginery.buildEngine({ model: model(name) })
      const size = name === 'tiny' ? 4 : 3 * 96 * 96
      for (const array of [new Float32Array(size).fill(6), vm.runInContext(`new Float32Array(${size}).fill(6)`, context)]) {
        for (const { y } of [await engine.infer(array), engine.inferSync(array)]) {
          answers.push(y.data.length === size && y.data.every((v) => v === 6))
        }
      }
      const tensor = enginery.Tensor.allocate('f32', engine.inputs[0].shape)
      tensor.data.fill(7)
      answers.push((await engine.infer(tensor)).y.data.every((v) => v === 7))
      await engine.close()
    }
    const bytes = await readFile(model('tiny'))
    const fromBytes = await enginery.buildEngine({ model: bytes, signal: new AbortController().signal })
    answers.push(fromBytes.inferSync(new Float32Array(4)).y.data.length === 4)
    return answers
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))

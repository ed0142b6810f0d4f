// Usage: node confuse-handles.mjs <folder of models>
// Gives every function and method of the raw addon every kind of wrong receiver and argument, and uses what was closed.
// Prints how many calls were refused, and every answer that was not a refusal, as JSON.
import { loadOpenVino } from '../../../../dist/native/load-addon.js'

const addon = loadOpenVino()
const path = `${process.argv[2]}/tiny.onnx`
const input = () => [new Float32Array(4)]
const makeObjects = () => {
  const model = addon.readModelSync({ path })
  const compiled = addon.compileModelSync(model, 'CPU', {})
  return { model, compiled, request: compiled.createRequestsSync(1)[0], memory: new addon.Memory(16, true) }
}
const objects = makeObjects()
const nothing = [undefined, null, 0, 'text', 5n, Symbol('s'), true, [], {}, () => {}, new Float32Array(4), new Proxy([], {})]

let refused = 0
const accepted = []
async function expectRefusal(what, call, allowed = /^NATIVE_|^OV_|^TypeError/) {
  let code
  try {
    await call()
    code = 'no error'
  } catch (error) {
    code = error.code ?? error.name
  }
  if (allowed.test(code)) refused++
  else accepted.push(`${what}: ${code}`)
}

/** Objects that look like `real` and are none: the type tag is missing, or the receiver is not the tagged object. */
const disguises = (real) => [
  Object.create(real),
  Object.create(Object.getPrototypeOf(real)),
  new Proxy(real, {}),
  Object.assign(Object.create(Object.getPrototypeOf(real)), real),
]

// Methods with a receiver of another class, or of none.
for (const [owner, real] of Object.entries(objects)) {
  const prototype = Object.getPrototypeOf(real)
  const others = Object.entries(objects).filter(([name]) => name !== owner)
  const receivers = [...others.map(([, other]) => other), ...disguises(real), ...nothing]
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const call = descriptor.get ?? descriptor.value
    if (name === 'constructor') continue
    for (const receiver of receivers) await expectRefusal(`${owner}.${name} on another receiver`, () => call.call(receiver))
  }
  for (const argument of nothing) {
    if (owner === 'memory' && argument === 0) continue // an empty block
    await expectRefusal(`new ${owner}(${String(argument?.constructor?.name)})`, () => new real.constructor(argument))
  }
  await expectRefusal(`${owner} without new`, () => real.constructor(4))
}

// Arguments that must be objects of the addon.
const { model, compiled, request, memory } = objects
for (const wrong of [compiled, request, memory, ...disguises(model), ...nothing]) {
  await expectRefusal('compileModel', () => addon.compileModel(wrong, 'CPU', {}))
  await expectRefusal('compileModelSync', () => addon.compileModelSync(wrong, 'CPU', {}))
}
for (const wrong of [model, compiled, request, ...disguises(memory), ...nothing]) {
  if (wrong instanceof Float32Array) continue
  await expectRefusal('inferSync input', () => request.inferSync([wrong]))
  await expectRefusal('start input', () => request.start(() => {}, [wrong]))
}
for (const wrong of [model, compiled, request, ...disguises(memory), ...nothing]) {
  if (wrong === undefined || wrong === null) continue // memory of the engine's
  await expectRefusal('inferSync output', () => request.inferSync(input(), undefined, [wrong]))
}
for (const wrong of nothing) {
  if (typeof wrong !== 'function') await expectRefusal('start callback', () => request.start(wrong, input()))
  if (!Array.isArray(wrong)) await expectRefusal('inferSync inputs', () => request.inferSync(wrong))
  await expectRefusal('readModel', () => addon.readModel(wrong))
  await expectRefusal('readModelSync', () => addon.readModelSync(wrong))
  await expectRefusal('importModel', () => addon.importModel(wrong, 'CPU', {}))
  await expectRefusal('createRequests', () => compiled.createRequests(wrong))
  await expectRefusal('createRequestsSync', () => compiled.createRequestsSync(wrong))
  if (typeof wrong !== 'string') {
    await expectRefusal('exportTo', () => compiled.exportTo(wrong))
    await expectRefusal('getProperty', () => addon.getProperty(wrong, wrong))
    await expectRefusal('pluginVersions', () => addon.pluginVersions(wrong))
    await expectRefusal('addExtension', () => addon.addExtension(wrong))
    await expectRefusal('compileModel device', () => addon.compileModel(model, wrong, {}))
  }
}
for (const size of [-1, 1.5, Number.NaN, Infinity, 2 ** 60, '16'])
  await expectRefusal(`Memory(${size})`, () => new addon.Memory(size))
for (const count of [0, -1, 1.5e9, Number.NaN])
  await expectRefusal(`createRequestsSync(${count})`, () => compiled.createRequestsSync(count))

// Data that is too short, too long, or gone; a request that comes back to itself while it is being bound.
const detached = new Float32Array(4)
structuredClone(detached.buffer, { transfer: [detached.buffer] })
for (const array of [new Float32Array(3), new Float32Array(5), detached, new Uint8Array(0), new DataView(new ArrayBuffer(15))]) {
  await expectRefusal('length', () => request.inferSync([array]))
}
const inputs = []
Object.defineProperty(inputs, 0, {
  get() {
    request.close()
    return new Float32Array(4)
  },
})
inputs.length = 1
await expectRefusal('close while binding', () => request.inferSync(inputs), /NATIVE_BUSY/)
const again = []
Object.defineProperty(again, 0, { get: () => request.inferSync(input())[0] && new Float32Array(4) })
await expectRefusal('infer while binding', () => request.inferSync(again), /NATIVE_BUSY/)
const running = new Promise((resolve) => request.start(resolve, input()))
for (const [what, call] of Object.entries({
  start: () => request.start(() => {}, input()),
  inferSync: () => request.inferSync(input()),
  close: () => request.close(),
  profile: () => request.profile(),
})) {
  await expectRefusal(`${what} while running`, () => call(), /NATIVE_BUSY/)
}
await running

// Everything after it was closed.
memory.release()
await expectRefusal('released memory', () => request.inferSync([memory]), /NATIVE_CLOSED/)
await expectRefusal('released memory shared', () => memory.share(), /NATIVE_CLOSED/)
await expectRefusal('released memory as output', () => request.inferSync(input(), undefined, [memory]), /NATIVE_CLOSED/)
request.close()
request.close()
model.close()
await compiled.close()
const closed = {
  infer: () => request.inferSync(input()),
  start: () => request.start(() => {}, input()),
  cancel: () => request.cancel(),
  profile: () => request.profile(),
  latency: () => request.latency,
  compile: () => addon.compileModel(model, 'CPU', {}),
  inputs: () => model.inputs(),
  reshape: () => model.reshape({ x: [1, 4] }),
  createRequests: () => compiled.createRequests(1),
  exportTo: () => compiled.exportTo('never.blob'),
  exportBytes: () => compiled.exportBytes(),
  runtimeGraph: () => compiled.runtimeGraph(),
}
for (const [what, call] of Object.entries(closed)) await expectRefusal(`${what} after close`, () => call(), /NATIVE_CLOSED/)
await compiled.close()

const after = makeObjects()
const [output] = after.request.inferSync([new Float32Array([-1, 2, -3, 4])])
console.log(JSON.stringify({ refused, accepted, output: [...new Float32Array(output)] }))

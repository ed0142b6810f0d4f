// Asks the real TensorRT 10.15 for the entries of timing caches without a GPU, by NVIDIA's undocumented switch. Called by tests
// alone. Without a GPU nothing is measured, so that there are no entries: what it says of that is what is shown.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node edit-timings-with-ten.mjs CORE FOLDER
//
// Prints what came of each step as JSON, by its name.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { editTimingCache, readTimingCache } = await import('../../../dist/index.js')
const { loadTensorRt } = await import('../../../dist/native/load-addon.js')
const [library, folder] = process.argv.slice(2)
const key = '0x00112233445566778899aabbccddeeff'
const cache = join(folder, 'timing.cache')
const results = {}
async function step(name, work) {
  try {
    results[name] = { value: await work() }
  } catch (error) {
    results[name] = { code: error.code, message: error.message }
  }
}

const empty = { cache: new Uint8Array(0), library }
const output = join(folder, 'changed.cache')
await step('read an empty one', () => readTimingCache(empty))
const { bytes } = await loadTensorRt('v10').editTimingCache(empty.cache, [{ key }], 0)
writeFileSync(cache, Buffer.from(bytes))
await step('set a key that is not there', () =>
  editTimingCache({ ...empty, output, changes: [{ key, tactic: '0x12', milliseconds: 0.5 }] }),
)
await step('remove a key that is not there', () => editTimingCache({ ...empty, output, changes: [{ key, remove: true }] }))
results.written = existsSync(output)
// Without a device TensorRT does not even take back what it has just written.
await step('edit a file that TensorRT refuses', () => editTimingCache({ cache, library, changes: [{ key, remove: true }] }))
results.unchanged = Buffer.from(bytes).equals(readFileSync(cache))
const damaged = Uint8Array.from(new Uint8Array(bytes), (byte, index) => (index === 20 ? byte ^ 255 : byte))
await step('read a damaged one', () => readTimingCache({ cache: damaged, library }))
await step('read one that is missing', () => readTimingCache({ cache: join(folder, 'none.cache'), library }))
await step('edit one that is missing', () =>
  editTimingCache({ cache: join(folder, 'none.cache'), library, changes: [{ key, remove: true }] }),
)
await step('a key that is none', () => editTimingCache({ cache, library, changes: [{ key: '0x12', remove: true }] }))
console.log(`\n${JSON.stringify({ results })}`)

// Builds, inferences and streams stop at an AbortSignal, and close() stops whatever is left.
import { fileURLToPath } from 'node:url'
import { buildEngine, isEngineryError } from 'enginery'

const model = fileURLToPath(new URL('data/digits.onnx', import.meta.url))
const codeOf = (promise) =>
  promise.then(
    () => 'done',
    (error) => (isEngineryError(error) ? error.code : Promise.reject(error)),
  )

// A build: OpenVINO finishes in the background, and what it made is dropped.
const build = new AbortController()
const building = codeOf(
  buildEngine({ model, signal: build.signal, onProgress: ({ stage }) => stage === 'compile' && build.abort() }),
)
console.log(`build: ${await building}`)

// One inference of many: the others go on. This one has not begun, since there is one request and three are before it.
const engine = await buildEngine({ model, hints: { requests: 1 } })
const picture = new Float32Array(32 * 32)
const fourth = new AbortController()
const answers = Array.from({ length: 5 }, (_, i) =>
  codeOf(engine.infer(picture, { signal: i === 3 ? fourth.signal : undefined })),
)
fourth.abort()
console.log(`inferences: ${(await Promise.all(answers)).join(', ')}`)

// A stream without an end.
function* forever() {
  for (;;) yield picture
}
let count = 0
const consume = async () => {
  for await (const _ of engine.inferMany(forever(), { signal: AbortSignal.timeout(100) })) count++
}
console.log(`stream: ${await codeOf(consume())}${count > 0 ? ' after some answers' : ''}`)

// Leaving a loop is enough: nothing more is taken from the source.
for await (const _ of engine.inferMany(forever())) break

const late = codeOf(engine.infer(picture))
await engine.close()
console.log(`close: ${['done', 'ENGINE_CLOSED'].includes(await late)}, afterwards ${await codeOf(engine.infer(picture))}`)

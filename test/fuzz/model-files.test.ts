import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openvino } from '../../lib/api/openvino.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { type Mutant, mutateBytes } from './mutate-bytes.js'

const program = fileURLToPath(new URL('programs/build-mutants.mjs', import.meta.url))
const dist = new URL('../../dist/index.js', import.meta.url).href

/** Longer than any of these takes, also on a busy machine. */
const secondsPerFile = 60

interface Case {
  readonly path: string
  readonly description: string
}

interface Outcome {
  accepted: number
  readonly refused: Map<string, number>
  /** What must not be: dead processes, hangs, errors without a code. */
  readonly faults: string[]
}

/** Gives the cases to child processes, a new one after each that died. */
async function buildAll(cases: readonly Case[]): Promise<Outcome> {
  const outcome: Outcome = { accepted: 0, refused: new Map(), faults: [] }
  let next = 0
  while (next < cases.length) next = await buildFrom(cases, next, outcome)
  return outcome
}

async function buildFrom(cases: readonly Case[], start: number, outcome: Outcome): Promise<number> {
  const child = spawn(process.execPath, [program, dist], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stderr.resume() // the TensorFlow frontend writes there what it thinks of garbage
  let index = start
  let answered = true
  let timer: NodeJS.Timeout | undefined
  const ended = new Promise<string>((resolve) => child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`)))
  child.stdin.on('error', () => {}) // it died with lines unread
  child.stdin.end(
    `${cases
      .slice(start)
      .map(({ path }) => path)
      .join('\n')}\n`,
  )
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer)
    const [word, rest = ''] = splitOnce(line)
    if (word === 'at') {
      answered = false
      timer = setTimeout(() => child.kill('SIGKILL'), secondsPerFile * 1000)
      continue
    }
    answered = true
    if (word === 'accepted') outcome.accepted++
    else if (word === 'refused') outcome.refused.set(rest, (outcome.refused.get(rest) ?? 0) + 1)
    else outcome.faults.push(`${cases[index]?.description}: ${line}`)
    index++
  }
  clearTimeout(timer)
  const end = await ended
  if (!answered) {
    outcome.faults.push(`${cases[index]?.description}: ${end === 'SIGKILL' ? `no answer in ${secondsPerFile} s` : end}`)
    index++
  } else if (end !== 'exit code 0') {
    outcome.faults.push(`after ${cases[index - 1]?.description}: ${end}`)
    if (index === start) index++
  }
  return index
}

function splitOnce(line: string): [string, string?] {
  const space = line.indexOf(' ')
  return space < 0 ? [line] : [line.slice(0, space), line.slice(space + 1)]
}

describeWithData('damaged model files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-fuzz-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function writeCases(name: string, extension: string, mutants: Iterable<Mutant>, companion?: Uint8Array): Promise<Case[]> {
    const cases: Case[] = []
    await mkdir(join(folder, name))
    for (const { bytes, description } of mutants) {
      const stem = join(folder, name, `m${cases.length}`)
      await writeFile(`${stem}${extension}`, bytes)
      if (companion) await writeFile(`${stem}.bin`, companion)
      cases.push({ path: `${stem}${extension}`, description: `${name}: ${description}` })
    }
    return cases
  }

  function* mutantsOf(bytes: Uint8Array, count: number, firstSeed: number): Generator<Mutant> {
    yield { bytes: new Uint8Array(0), description: 'empty' }
    for (const length of [1, 7, 64, bytes.length >> 1, bytes.length - 1]) {
      yield { bytes: bytes.subarray(0, length), description: `cut off at ${length}` }
    }
    for (let i = 0; i < count; i++) {
      const mutant = mutateBytes(bytes, firstSeed + i)
      yield { ...mutant, description: `seed ${firstSeed + i}: ${mutant.description}` }
    }
  }

  async function check(cases: readonly Case[]): Promise<void> {
    const { accepted, refused, faults } = await buildAll(cases)
    const counts = [...refused].map(([code, count]) => `${count} ${code}`).join(', ')
    console.log(`${cases.length} files: ${accepted} accepted, refused: ${counts}; faults: ${faults.length}`)
    expect(faults).toEqual([])
    expect(accepted + [...refused.values()].reduce((sum, count) => sum + count, 0)).toBe(cases.length)
    expect(refused.size).toBeGreaterThan(0)
  }

  const model = (name: string) => readFile(join(dataFolder, name))
  const minutes = 60_000

  it('ONNX: coded errors or an engine, never the end of the process', { timeout: 20 * minutes }, async () => {
    const small = await model('models/digits_cnn_bn.onnx')
    const transformer = await model('models/tiny_detr_digits_96.onnx')
    await check([
      ...(await writeCases('digits.onnx', '.onnx', mutantsOf(small, 450, 1))),
      ...(await writeCases('tiny_detr.onnx', '.onnx', mutantsOf(transformer, 250, 10_000))),
    ])
  })

  it('IR: the same, for its XML and its weights', { timeout: 20 * minutes }, async () => {
    using read = await openvino.readModel(join(dataFolder, 'models/digits_cnn_bnfolded.onnx'))
    await read.serialize(join(folder, 'ir.xml'))
    const xml = await readFile(join(folder, 'ir.xml'))
    const bin = await readFile(join(folder, 'ir.bin'))
    await check([
      ...(await writeCases('digits.xml', '.xml', mutantsOf(xml, 680, 20_000), bin)),
      ...(await writeCases(
        'cut weights',
        '.xml',
        [{ bytes: xml, description: 'weights of half the size' }],
        bin.subarray(0, bin.length >> 1),
      )),
      ...(await writeCases('no weights', '.xml', [{ bytes: xml, description: 'empty weights' }], new Uint8Array(0))),
    ])
  })

  it('TensorFlow Lite: the same', { timeout: 20 * minutes }, async () => {
    await check([
      ...(await writeCases('vww.tflite', '.tflite', mutantsOf(await model('models/vww_96_float.tflite'), 450, 30_000))),
      ...(await writeCases(
        'mobilenet.tflite',
        '.tflite',
        mutantsOf(await model('models/mobilenet_v1_0.25_128_quant.tflite'), 250, 40_000),
      )),
    ])
  })
})

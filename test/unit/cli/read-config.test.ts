import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from '../../../lib/cli/config/read-config.js'

function problemsOf(text: string): { line: number; reason: string }[] {
  try {
    parseConfig(text, 'c.yaml')
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    return (error as { details: { problems: { line: number; reason: string }[] } }).details.problems
  }
  throw new Error('nothing was wrong')
}

describe('a correct file', () => {
  it('holds options of buildEngine and sections of commands', () => {
    const config = parseConfig('model: m.onnx\nhints: { streams: 2 }\nbench:\n  mode: throughput\n', '/a/b/c.yaml')
    expect(config.engine).toEqual({ model: '/a/b/m.onnx', hints: { streams: 2 } })
    expect(config.sections.bench).toEqual({ mode: 'throughput' })
  })

  it('may be empty', () => {
    expect(parseConfig('', 'c.yaml').engine).toEqual({})
    expect(parseConfig('# nothing\n', 'c.yaml').engine).toEqual({})
  })

  it('may be JSON', () => {
    expect(parseConfig('{"device": "CPU"}', 'c.json').engine).toEqual({ device: 'CPU' })
  })

  it('names files relative to itself', () => {
    const text =
      'model: { path: ../m.onnx }\ncache: { dir: engines }\nrun:\n  input: [a=x.npy, /abs/y.npy]\n  output: [out/]\n  rebuildFrom: m.onnx\n'
    const { engine, sections } = parseConfig(text, '/a/b/c.yaml')
    expect(engine).toEqual({ model: { path: '/a/m.onnx' }, cache: { dir: '/a/b/engines' } })
    expect(sections.run).toEqual({ input: ['a=/a/b/x.npy', '/abs/y.npy'], output: ['/a/b/out/'], rebuildFrom: '/a/b/m.onnx' })
  })

  it.each(readdirSync(new URL('../../../recipes', import.meta.url)))('recipes/%s is one', async (name) => {
    const file = fileURLToPath(new URL(`../../../recipes/${name}`, import.meta.url))
    const { engine, recipe, sections } = await readConfig(file)
    // A recipe for eval may leave the models to the command line; what it names lies beside it.
    const models = [engine.model, ...(sections.eval?.models ?? [])].filter((model) => model !== undefined)
    expect(models.length > 0 || recipe.task !== undefined).toBe(true)
    for (const path of [...models, recipe.data?.images, recipe.data?.annotations]) {
      if (path !== undefined) expect(path).toBe(resolve(file, '..', path as string))
    }
  })
})

describe('a wrong file', () => {
  it.each([
    ['an unknown option', 'device: CPU\n\ndevise: GPU\n', 3, 'devise: there is no such option'],
    ['a wrong value', '# c\ndevice: cpu\n', 2, /^device: expected a device/],
    ['a value deep inside', 'hints:\n  streams: 1\n  threads: many\n', 3, /^hints\.threads: /],
    ['an item of a list', 'shapes:\n  x:\n    - 1\n    - oops\n', 4, /^shapes\.x\.1: expected .*received "oops"/],
    ['a value on a line of its own', 'hints:\n  threads:\n    -4\n', 2, /^hints\.threads: /],
    ['a missing value', 'preprocess:\n  inputs:\n    a:\n      steps:\n        - resize: { width: 3 }\n', 5, /algorithm/],
    ['a section of a command', 'bench:\n  mode: latency\n  duration: 0\n', 3, /^bench\.duration: /],
    ['a value behind an alias', 'hints: &h\n  threads: x\nrun:\n  top: 1\n', 2, /^hints\.threads/],
    ['a list', '- a\n', 1, /expected object, received array/],
    ['syntax', 'device: CPU\nhints: [1,\n', 3, /./],
    ['a key twice', 'device: CPU\ndevice: GPU\n', 2, /unique/],
    ['two documents', 'device: CPU\n---\ndevice: GPU\n', 2, /documents/],
  ])('%s is reported with its line', (_, text, line, reason) => {
    const [problem] = problemsOf(text)
    expect(problem?.line).toBe(line)
    expect(problem?.reason).toMatch(reason)
  })

  it('is reported with every problem, in order', () => {
    const problems = problemsOf('bench: { mode: x }\ndevice: cpu\nnothing: 1\n')
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 3])
  })

  it('is named in the message', () => {
    expect(() => parseConfig('a: 1\nb: 2\n', 'dir/c.yaml')).toThrow(/^dir\/c\.yaml:1: a: .*\ndir\/c\.yaml:2: b: /)
  })

  it('that multiplies aliases without end is refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(problemsOf(lines.join('\n'))[0]?.reason).toMatch(/alias/i)
  })

  it('that is not there is told from one that is wrong', async () => {
    await expect(readConfig('/nowhere/c.yaml')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(readConfig('/')).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
  })
})

import { expect, it } from 'vitest'
import { readWarnings } from '../../../../lib/engine/tensorrt/build-warnings.js'
import { groupWarnings } from '../../../../lib/engine/tensorrt/group-warnings.js'
import type { OpenedTensorRt } from '../../../../lib/engine/tensorrt/open-library.js'
import { runBuild } from '../../../../lib/engine/tensorrt/run-build.js'
import type { NativeLogLine } from '../../../../lib/native/tensorrt-addon.js'

const warning = (text: string): NativeLogLine => ({ severity: 'warning', text, ofAnyBuild: false })
const told = (...texts: string[]) => [...groupWarnings(readWarnings(texts.map(warning))).values()]

const scale = (name: string) => `Missing scale and zero-point for tensor ${name}, expect fall back to non-int8 implementation`

it('the same words of each layer are told once, with how often', () => {
  const text = '(foreignNode) Converting conv activation scales to fp32.'
  expect(told(text, ` ${text}`, text)).toEqual([`${text} (3 times)`])
  expect(told(text)).toEqual([text])
})

it('the same of other tensors is told with two of them, however they are called', () => {
  expect(told(...['x', 'conv out, 1', '/b/Conv_output_0', '(Unnamed Layer* 3) [Convolution]_output'].map(scale))).toEqual([
    `${scale('x')} (4 times, also of conv out, 1, /b/Conv_output_0 and 1 more)`,
  ])
  expect(told(scale('x'), scale('y'))).toEqual([`${scale('x')} (2 times, also of y)`])
})

it('the same of other layers too, also of those that were made one', () => {
  const weights = (name: string) => `Weights of layer ${name} are subnormal`
  expect(told(...['/a/Conv', '/b/Conv + /b/Relu', '/c/Conv', '/d/Conv'].map(weights))).toEqual([
    `${weights('/a/Conv')} (4 times, also of /b/Conv + /b/Relu, /c/Conv and 1 more)`,
  ])
})

it('what says something else stays apart, in its order', () => {
  const texts = ['Timing cache is disabled', 'Calibrator is not being used', 'Timing cache is enabled']
  expect(told(...texts)).toEqual(texts)
})

it('a logger is told so; with `verbose`, of every line; the warnings themselves are all there', async () => {
  const log: NativeLogLine[] = [
    { severity: 'info', text: 'begins', ofAnyBuild: false },
    ...['a1', 'a2', 'a3', 'a4'].map((name) => warning(scale(name))),
    { severity: 'error', text: 'same', ofAnyBuild: false },
    { severity: 'error', text: 'same', ofAnyBuild: false },
  ]
  const hear = async (verbose: boolean) => {
    const heard: string[] = []
    const say = (level: string) => (text: string) => heard.push(`${level} ${text.replace('TensorRT 10.15: ', '')}`)
    const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
    const done = Promise.resolve({ kind: 'built', log, errors: [] })
    const library = { title: 'TensorRT 10.15', addon: { build: () => ({ done, cancel: () => {} }) } } as unknown as OpenedTensorRt
    await runBuild(library, { verbose }, { model: 'm', logger, signal: undefined })
    return heard
  }
  const ends = ['error same', 'error same']
  expect(await hear(false)).toEqual(['debug begins', `warn ${scale('a1')} (4 times, also of a2, a3 and 1 more)`, ...ends])
  expect(await hear(true)).toHaveLength(log.length)
  expect(readWarnings(log).map(({ tensor, count }) => [tensor, count])).toEqual(['a1', 'a2', 'a3', 'a4'].map((name) => [name, 1]))
})

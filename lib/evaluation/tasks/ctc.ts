import { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import { outputName } from './detection-options.js'
import { countSamples, outputsUnfit, soleOutput } from './find-outputs.js'
import { columnTable, type PredictionTable, rowTable } from './prediction-table.js'
import type { Decoder, RecognizedText } from './task.js'

export const ctcSchema = z.strictObject({
  outputs: z.strictObject({ probabilities: outputName.optional() }).default({}),
  charset: z
    .union([z.array(z.string()).min(1), z.string().min(1), z.strictObject({ metadata: z.string().min(1).default('character') })])
    .default({ metadata: 'character' })
    .describe('characters in the order of classes, the blank left out: a list, a text of one a line, or where the model has it'),
  appendSpace: z.boolean().default(false).describe('a space comes after the last character (PP-OCR)'),
  blank: z
    .union([z.int().min(0), z.literal('last')])
    .default(0)
    .describe('class of the blank'),
  activation: z.enum(['none', 'softmax']).default('none').describe('softmax where the model gives logits'),
  layout: z.enum(['batch-time-class', 'time-batch-class', 'batch-class-time']).default('batch-time-class'),
})

export type CtcOptions = z.input<typeof ctcSchema>

/** What a model file says of itself. */
export type ModelMetadata = Readonly<Record<string, string>>

/**
 * Recognised text, decoded greedily: the best class of each step, repetitions joined, blanks removed. The score is the
 * mean probability of the characters, 0 for an empty text. A step without a number is a blank.
 *
 * @param metadata the model's, for a charset that lies in it
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_CHARSET_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createCtcDecoder(options: CtcOptions = {}, metadata: ModelMetadata = {}): Decoder<RecognizedText> {
  const parsed = parseOptions(ctcSchema, options, createCtcDecoder)
  const characters = listCharacters(parsed.charset, metadata)
  if (parsed.appendSpace) characters.push(' ')
  return (outputs, context) => {
    const tensor = soleOutput('ctc', outputs, parsed.outputs.probabilities, '[batch, time, classes]')
    if (tensor.shape.length !== 3) throw outputsUnfit('ctc', 'three dimensions, batch, time and classes', outputs)
    const table = arrangeSteps(parsed.layout === 'batch-class-time' ? columnTable(tensor) : rowTable(tensor), parsed.layout)
    if (table.columns !== characters.length + 1) throw charsetUnfit(parsed, characters.length, table.columns)
    const blank = parsed.blank === 'last' ? characters.length : parsed.blank
    const read = { characters, blank, softmax: parsed.activation === 'softmax' }
    return Array.from({ length: countSamples('ctc', table.samples, context, false) }, (_, sample) =>
      readLine(table, sample, read),
    )
  }
}

function listCharacters(charset: z.output<typeof ctcSchema>['charset'], metadata: ModelMetadata): string[] {
  if (Array.isArray(charset)) return [...charset]
  const text = typeof charset === 'string' ? charset : metadata[charset.metadata]
  if (text === undefined) {
    const reason = `the model's metadata has no ${(charset as { metadata: string }).metadata}; it has ${Object.keys(metadata).join(', ') || 'none at all'}`
    throw engineryError(
      'OPTION_INVALID',
      { caller: createCtcDecoder.name, option: 'charset', reason },
      { caller: createCtcDecoder },
    )
  }
  // Only line feeds: among the characters are others that some would take for the end of a line.
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  if (lines.at(-1) === '') lines.pop()
  return lines.length === 1 ? Array.from(lines[0] as string) : lines
}

/** With time before batch, samples are the rows of each step. */
function arrangeSteps(table: PredictionTable, layout: z.output<typeof ctcSchema>['layout']): PredictionTable {
  if (layout !== 'time-batch-class') return table
  const { samples: rows, rows: samples, sampleStride: rowStride, rowStride: sampleStride } = table
  return { ...table, samples, rows, sampleStride, rowStride }
}

interface Reading {
  readonly characters: readonly string[]
  readonly blank: number
  readonly softmax: boolean
}

function readLine(table: PredictionTable, sample: number, { characters, blank, softmax }: Reading): RecognizedText {
  const { data, rows, columns, columnStride } = table
  let [text, sum, count] = ['', 0, 0]
  let previous = blank
  for (let step = 0; step < rows; step++) {
    const start = sample * table.sampleStride + step * table.rowStride
    let best = blank
    let value = Number.NEGATIVE_INFINITY
    for (let c = 0, at = start; c < columns; c++, at += columnStride) {
      if ((data[at] as number) > value) {
        value = data[at] as number
        best = c
      }
    }
    if (best !== blank && best !== previous) {
      text += characters[best > blank ? best - 1 : best] as string
      sum += softmax ? probabilityOf(data, start, columnStride, columns, value) : value
      count++
    }
    previous = best
  }
  return { task: 'text-recognition', text, score: count === 0 ? 0 : sum / count }
}

/** Of the largest of some logits; NaN among them is passed over. */
function probabilityOf(data: Float32Array, start: number, step: number, count: number, largest: number): number {
  let sum = 0
  for (let c = 0, at = start; c < count; c++, at += step) {
    const value = data[at] as number
    if (value === largest) sum++
    else if (value < largest) sum += Math.exp(value - largest)
  }
  return 1 / sum
}

function charsetUnfit(options: z.output<typeof ctcSchema>, characters: number, received: number): Error {
  const extra = options.appendSpace ? ' with the space, and the blank' : ' and the blank'
  return engineryError('DECODE_CHARSET_UNFIT', { expected: characters + 1, characters, extra, received })
}

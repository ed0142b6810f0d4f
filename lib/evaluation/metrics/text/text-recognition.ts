import type { Sample } from '../../../dataset/annotations.js'
import { engineryError } from '../../../errors/enginery-error.js'
import type { RecognizedText } from '../../tasks/task.js'
import { requireAnnotation, requireSamples } from '../check-result.js'
import type { Metric } from '../metric.js'
import { resampleSums, sumRows } from '../resample-sums.js'
import { countEdits } from './edit-distance.js'

/** What of a text is compared; the same is done to the annotation and to the result. */
export interface TextComparison {
  /** Leave out all white space. */
  readonly ignoreSpaces: boolean
  /** Unicode normalization: `NFKC` takes full-width letters and digits for ordinary ones. */
  readonly normalization: 'none' | 'NFC' | 'NFKC'
}

export interface CharacterErrorRateOptions extends TextComparison {
  /** What one character is: a code point, or what a reader sees as one (a letter with its accents, an emoji). */
  readonly character: 'code-point' | 'grapheme'
}

interface ComparedLine {
  readonly isExact: boolean
  readonly edits: number
  /** Characters of the annotation. */
  readonly characters: number
}

/** The share of lines that are read without a mistake. */
export function createLineAccuracy(options: TextComparison): Metric<RecognizedText, ComparedLine> {
  const name = 'line-accuracy'
  const rowOf = ({ isExact }: ComparedLine) => [isExact ? 1 : 0, 1]
  return {
    name,
    task: 'text-recognition',
    unit: 'fraction',
    higherIsBetter: true,
    compare: (sample, result) => {
      const [expected, received] = textsOf(sample, result, options, name)
      return { isExact: expected === received, edits: 0, characters: 0 }
    },
    summarize(observed) {
      requireSamples(observed.length, name)
      const [correct, lines] = sumRows(observed.map(({ observation }) => rowOf(observation))) as unknown as [number, number]
      return { value: correct / lines, details: { correct, lines } }
    },
    resample: (observed) =>
      resampleSums(
        observed.map(({ observation }) => rowOf(observation)),
        ([correct, lines]) => (correct as number) / (lines as number),
      ),
    scoreSample: ({ isExact }) => (isExact ? 1 : 0),
  }
}

/** All edits of all lines over all characters that were to be read: long lines weigh more, and the rate can pass 1. */
export function createCharacterErrorRate(options: CharacterErrorRateOptions): Metric<RecognizedText, ComparedLine> {
  const name = 'character-error-rate'
  const split = splitterFor(options.character)
  const rowOf = ({ edits, characters }: ComparedLine) => [edits, characters]
  return {
    name,
    task: 'text-recognition',
    unit: 'fraction',
    higherIsBetter: false,
    compare(sample, result) {
      const [expected, received] = textsOf(sample, result, options, name)
      const characters = split(expected)
      return { isExact: expected === received, edits: countEdits(split(received), characters), characters: characters.length }
    },
    summarize(observed) {
      requireSamples(observed.length, name)
      const [edits, characters] = sumRows(observed.map(({ observation }) => rowOf(observation))) as unknown as [number, number]
      if (characters === 0)
        throw engineryError('METRIC_UNDEFINED', { metric: name, reason: 'the annotations have no characters' })
      return { value: edits / characters, details: { edits, characters, lines: observed.length } }
    },
    resample: (observed) =>
      resampleSums(
        observed.map(({ observation }) => rowOf(observation)),
        ([edits, characters]) => (characters === 0 ? Number.NaN : (edits as number) / (characters as number)),
      ),
    scoreSample: ({ edits, characters }) => (characters === 0 ? undefined : edits / characters),
  }
}

function textsOf(
  sample: Sample,
  result: RecognizedText,
  options: TextComparison,
  metric: string,
): [expected: string, received: string] {
  const texts = requireAnnotation(sample.texts, 'texts', sample, metric)
  const [line] = texts
  if (!line || texts.length > 1) {
    const reason = `its picture is annotated with ${texts.length} texts, and a line has one`
    throw engineryError('METRIC_RESULT_INVALID', { metric, sample: sample.id, reason })
  }
  return [prepareText(line.text, options), prepareText(result.text, options)]
}

function prepareText(text: string, { ignoreSpaces, normalization }: TextComparison): string {
  const normal = normalization === 'none' ? text : text.normalize(normalization)
  return ignoreSpaces ? normal.replace(/\s+/gu, '') : normal
}

function splitterFor(character: CharacterErrorRateOptions['character']): (text: string) => string[] {
  if (character === 'code-point') return (text) => Array.from(text)
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  return (text) => Array.from(segmenter.segment(text), ({ segment }) => segment)
}

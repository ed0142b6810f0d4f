import { describe, expect, it } from 'vitest'
import { endedWell, runProgram } from './run-program.js'
import { useModelFolder } from './write-models.js'

const folder = useModelFolder()
// The numbers are scores of models; the last one says how many engines were closed.
const run = (scenario: string) => runProgram('evaluate', [folder, scenario], { node: ['--unhandled-rejections=strict'] })

describe('an evaluation that ends early closes its engines and leaves no rejection behind', () => {
  it('for decoders that throw or return something else', async () => {
    const wrong = ['DECODE_RESULT_INVALID', 1]
    expect(await run('decoders')).toEqual(
      endedWell({
        right: [1, 1],
        plain: [1, 1],
        throws: ['itself', 1],
        throwsLater: ['itself', 1],
        none: wrong,
        two: wrong,
        nothing: wrong,
        promise: wrong,
        withoutMetric: ['METRIC_NEEDED', 0],
      }),
    )
  })

  it('for metrics that throw or return no number', async () => {
    const failed = ['METRIC_FUNCTION_FAILED', 'caused', 1]
    const invalid = ['METRIC_VALUE_INVALID', 1]
    expect(await run('metrics')).toEqual(
      endedWell({
        compare: failed,
        compareLater: failed,
        summarize: failed,
        text: invalid,
        nan: invalid,
        fewerClasses: ['METRIC_CATEGORY_UNKNOWN', 0, true],
        unlabelled: ['METRIC_ANNOTATION_MISSING', 0, true],
      }),
    )
  })

  it('for iterables that throw, never end or give something else; they are told to end', async () => {
    expect(await run('sources')).toEqual(
      endedWell({
        fine: [1, 1],
        generator: [1, 1],
        failing: ['itself', 1],
        endless: ['ABORTED', 'caused', 1],
        decoderFails: ['itself', 1],
        stuck: ['ABORTED', 'caused', 1],
        stuckAndDecoderFails: ['itself', 1],
        numbers: ['OPTION_INVALID', 1],
        otherNames: ['INPUT_MISSING', 1],
        otherShapes: ['INPUT_SHAPE', 1],
        drawn: ['OPTION_INVALID', 0],
        stored: ['OPTION_INVALID', 1],
        returned: 3,
      }),
    )
  })

  it('for signals before and during each stage, and at any moment', async () => {
    const aborted = (closed: number) => ['ABORTED', 'caused', closed]
    expect(await run('signals')).toEqual(
      endedWell({
        before: aborted(0),
        data: aborted(0),
        engines: aborted(0),
        samples: aborted(1),
        scores: aborted(1),
        anywhere: [],
        after: [1, 1],
      }),
    )
  })

  it('for a callback on progress that throws', async () => {
    const failed = (closed: number) => ['CALLBACK_FAILED', 'caused', closed]
    expect(await run('callbacks')).toEqual(
      endedWell({ data: failed(0), engines: failed(0), samples: failed(1), scores: failed(1) }),
    )
  })

  it("for models that are not there; the caller's own engines stay open", async () => {
    expect(await run('models')).toEqual(
      endedWell({
        two: [1, 1, 2],
        secondAbsent: ['MODEL_NOT_FOUND', 1],
        none: ['OPTION_INVALID', 0],
        noModel: ['OPTION_INVALID', 0],
        own: [1, 1, 1],
        ownStored: ['OPTION_INVALID', 0],
        ownStillWorks: '0,2,0,4',
        ownClosed: ['ENGINE_CLOSED', 0],
      }),
    )
  })

  it('for pictures that are broken, here and in a predictor', async () => {
    const invalid = 'DECODE_RESULT_INVALID'
    expect(await run('pictures')).toEqual(
      endedWell({
        skipped: [1, 1],
        fatal: ['PICTURE_BROKEN', 1],
        fatalAhead: ['PICTURE_BROKEN', 1],
        decoderThrows: ['itself', 1],
        predicted: [{ task: 'custom', value: 5 }, 'itself', invalid, invalid, 'IMAGE_CORRUPT', 'FILE_NOT_FOUND'],
      }),
    )
  })
})

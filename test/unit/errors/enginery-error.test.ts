import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { EngineryError, engineryError, isEngineryError } from '../../../lib/errors/enginery-error.js'
import type { ErrorCode, ErrorParam, ErrorParams } from '../../../lib/errors/error-table.js'

describe('engineryError', () => {
  it('fills the message and the cure, and keeps the values as details', () => {
    const error = engineryError('DEVICE_NOT_FOUND', { device: 'GPU.7', available: ['CPU', 'GPU.0'] })
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(EngineryError)
    expect(error.message).toBe('There is no device GPU.7 here; available: CPU, GPU.0')
    expect(error.details).toEqual({ device: 'GPU.7', available: ['CPU', 'GPU.0'] })
    expect(error.engineLog).toEqual([])
    expect('cause' in error).toBe(false)
    const missing = engineryError('MODEL_NOT_FOUND', { path: 'a.onnx', workingDirectory: '/srv' })
    expect(missing.cure).toContain('/srv')
  })

  it('leaves braces and dollar signs of values alone', () => {
    const error = engineryError('ENGINE_NOT_FOUND', { path: "{path} $& $1 {other} $'" })
    expect(error.message).toBe("There is no saved engine at {path} $& $1 {other} $'")
  })

  it('keeps cause, log lines and further details', () => {
    const cause = new Error('below')
    const differences = [{ field: 'device', expected: 'a', found: 'b' }]
    const error = engineryError(
      'ENGINE_MISMATCH',
      { path: 'x.blob', differences: 'device' },
      { cause, engineLog: ['line'], details: { differences } },
    )
    expect(error.cause).toBe(cause)
    expect(error.engineLog).toEqual(['line'])
    expect(error.details).toEqual({ path: 'x.blob', differences })
    expect('cause' in engineryError('ENGINE_NOT_FOUND', { path: '' }, { cause: undefined })).toBe(true)
  })

  it("has the caller's stack, headed by name and code", () => {
    function publicFunction(): never {
      return deeper()
    }
    function deeper(): never {
      throw engineryError('ENGINE_CLOSED', { what: 'It' }, { caller: publicFunction })
    }
    let error: EngineryError | undefined
    try {
      publicFunction()
    } catch (caught) {
      error = caught as EngineryError
    }
    expect(error?.stack).toMatch(/^EngineryError \[ENGINE_CLOSED\]: It was closed\n/)
    expect(error?.stack).not.toContain('publicFunction')
    expect(error?.stack).not.toContain('deeper')
    expect(error?.stack).toContain('enginery-error.test.ts')
    expect(error?.name).toBe('EngineryError')
    expect(Object.keys(error as object)).not.toContain('name')
    const [, firstFrame] = engineryError('ENGINE_CLOSED', { what: 'It' }).stack?.split('\n') ?? []
    expect(firstFrame).toContain('enginery-error.test.ts')
  })

  it('shows code and cure when printed, and becomes plain JSON', () => {
    const error = engineryError('ENGINE_CLOSED', { what: 'It' }, { cause: new TypeError('why') })
    expect(inspect(error)).toContain("code: 'ENGINE_CLOSED'")
    expect(inspect(error)).toContain('cure:')
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'EngineryError',
      code: 'ENGINE_CLOSED',
      message: 'It was closed',
      cure: error.cure,
      details: { what: 'It' },
      engineLog: [],
      cause: 'why',
    })
  })

  it('demands the parameters of the template, by type', () => {
    expectTypeOf<ErrorParams<'MODEL_NOT_FOUND'>>().toEqualTypeOf<{
      readonly path: ErrorParam
      readonly workingDirectory: ErrorParam
    }>()
    expectTypeOf(engineryError('ENGINE_CLOSED', { what: 'It' }).code).toEqualTypeOf<'ENGINE_CLOSED'>()
    // @ts-expect-error a parameter is missing
    engineryError('ENGINE_CLOSED', {})
    // @ts-expect-error no such parameter
    engineryError('ENGINE_CLOSED', { what: 'It', other: 1 })
    // @ts-expect-error no such code
    expect(() => engineryError('NO_SUCH_CODE', {})).toThrow()
    expectTypeOf<'MODEL_NOT_FOUND'>().toExtend<ErrorCode>()
  })
})

describe('isEngineryError', () => {
  it('tells ours from others', () => {
    const error: unknown = engineryError('ENGINE_CLOSED', { what: 'It' })
    expect(isEngineryError(error)).toBe(true)
    expect(isEngineryError(error, 'ENGINE_CLOSED')).toBe(true)
    expect(isEngineryError(error, 'ABORTED')).toBe(false)
    for (const other of [new Error('x'), null, undefined, 'ENGINE_CLOSED', { code: 'ENGINE_CLOSED' }]) {
      expect(isEngineryError(other)).toBe(false)
    }
  })

  it('recognises the error of another installed copy', async () => {
    const { vi } = await import('vitest')
    vi.resetModules()
    const copy = await import('../../../lib/errors/enginery-error.js')
    const foreign = copy.engineryError('ENGINE_CLOSED', { what: 'It' })
    expect(foreign).not.toBeInstanceOf(EngineryError)
    expect(isEngineryError(foreign, 'ENGINE_CLOSED')).toBe(true)
  })
})

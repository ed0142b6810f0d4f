import { types } from 'node:util'
import { z } from 'zod'

/** Bytes in memory. Not `instanceof`: test runners load this package into a context with classes of its own. */
export const bytesSchema = z.custom<Uint8Array>((value) => types.isUint8Array(value), 'expected a Uint8Array')

/** A function that the caller passes. */
export const callbackSchema = <Callback>() => z.custom<Callback>((value) => typeof value === 'function', 'expected a function')

import { InvalidArgumentError } from 'commander'

/** A parser for options that take a whole number. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
      throw new InvalidArgumentError(`expected a whole number ${range}, received ${JSON.stringify(text)}.`)
    }
    return value
  }
}

/** For options that take a share: from 0 to 1. */
export function share(text: string): number {
  const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= 1))
    throw new InvalidArgumentError(`expected a share from 0 to 1, such as 0.8; received ${JSON.stringify(text)}.`)
  return value
}

/** A parser for options that take seconds, with or without the unit: `5`, `0.5s`, `200ms`. */
export function seconds(options: { readonly zero: boolean; readonly max: number }): (text: string) => number {
  return (text) => {
    const [, digits = '', unit] = /^(\d+(?:\.\d*)?|\.\d+)(ms|s|m|min)?$/.exec(text) ?? []
    const value = Number(digits || Number.NaN) * (unit === 'ms' ? 0.001 : unit === 'm' || unit === 'min' ? 60 : 1)
    if (!(value <= options.max && (options.zero ? value >= 0 : value > 0))) {
      throw new InvalidArgumentError(
        `expected seconds, at most ${options.max}, such as 5, 0.5s or 200ms; received ${JSON.stringify(text)}.`,
      )
    }
    return value
  }
}

import { createRequire } from 'node:module'

type Yaml = typeof import('yaml')

let parser: Yaml | undefined

/** The package that reads YAML, loaded when the first text is read: its eighty modules are a tenth of a second's start. */
export function yaml(): Yaml {
  parser ??= createRequire(import.meta.url)('yaml') as Yaml
  return parser
}

import type { z } from 'zod'

/** Lists that are longer help nobody who reads an error message. */
const MOST = 24

/** As much of a zod schema's definition as is walked here. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly items?: readonly z.ZodType[]
}

/**
 * Names that options have at a place of a schema; undefined where there is no single list of them (other names for each kind
 * of a union), or a very long one.
 */
export function knownOptionsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] | undefined {
  const reached = path.reduce<z.ZodType | undefined>((parent, key) => parent && childOf(parent, key), schema)
  const shape = reached && objectAt(reached)?.shape
  const names = shape && Object.keys(shape)
  return names && names.length > 0 && names.length <= MOST ? names : undefined
}

function childOf(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  const definition = definitionOf(schema)
  if (definition.type === 'array') return definition.element
  if (definition.type === 'record') return definition.valueType
  if (definition.type === 'tuple') return definition.items?.[Number(key)]
  const object = objectAt(schema)
  return object?.shape && Object.hasOwn(object.shape, key) ? object.shape[key as string] : (object?.valueType ?? object?.element)
}

/** What holds members behind wrappers: an object, a record or a list. */
function objectAt(schema: z.ZodType): Definition | undefined {
  const definition = definitionOf(schema)
  if (definition.type === 'object' || definition.type === 'record' || definition.type === 'array') return definition
  if (definition.type === 'union') {
    const holders = (definition.options ?? []).flatMap((option) => objectAt(option) ?? [])
    return holders.length === 1 ? holders[0] : undefined
  }
  const inner = definition.innerType ?? definition.in
  return inner && objectAt(inner)
}

function definitionOf(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition
}

import { boundaryValues } from './boundary-values.js'
import type { Mutant } from './mutate-bytes.js'
import { decodeMessage, encodeMessage, listFields, type MessageField } from './onnx-message.js'
import type { SeededRandom } from './seeded-random.js'

type Places = ReturnType<typeof listFields>
type Place = Places[number]

/**
 * Changes one to three fields of an ONNX model and writes it again, with right lengths: unlike changed bytes, the result
 * gets past the parser to the code that builds graphs.
 */
export function mutateOnnx(original: Uint8Array, random: SeededRandom): Mutant {
  const model = decodeMessage(original)
  const done: string[] = []
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    const places = listFields(model)
    if (places.length === 0) break
    const place = random.pick(places)
    const { holder, number } = place.field
    done.push(`${holder}.${number} ${changeField(place, places, random)}`)
  }
  return { bytes: encodeMessage(model), what: done.join(', ') }
}

function changeField(place: Place, places: Places, random: SeededRandom): string {
  const { list, index, field } = place
  const dice = random.below(100)
  if (dice < 12) {
    list.splice(index, 1)
    return 'deleted'
  }
  if (dice < 20) {
    list.splice(random.below(list.length + 1), 0, structuredCopy(field))
    return 'doubled'
  }
  if (dice < 25) {
    field.number = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 20, 99])
    return `renumbered ${field.number}`
  }
  if (dice < 32) {
    const other = random.pick(places).field
    // Not with what it holds, or is held by: a message cannot be inside itself.
    if (isInside(other, field) || isInside(field, other)) return 'left'
    ;[field.value, other.value] = [other.value, field.value]
    ;[field.type, other.type] = [other.type, field.type]
    return `swapped with ${other.holder}.${other.number}`
  }
  return changeValue(field, places, random)
}

function changeValue(field: MessageField, places: Places, random: SeededRandom): string {
  const { value } = field
  if (typeof value === 'bigint') {
    field.value = random.pick([...boundaryValues, value + 1n, value - 1n, value * 2n, -value, BigInt(random.bits())])
    return `${value} -> ${field.value}`
  }
  if (Array.isArray(value)) {
    if (value.length > 0) value.splice(random.below(value.length), 1)
    return 'lost a field'
  }
  const [how, bytes] = changeContent(value, places, random)
  field.value = field.type === 2 ? bytes : Buffer.concat([bytes, value]).subarray(0, value.length)
  return how
}

function changeContent(content: Buffer, places: Places, random: SeededRandom): [string, Buffer] {
  const copy = Buffer.from(content)
  switch (random.below(6)) {
    case 0:
      return ['emptied', Buffer.alloc(0)]
    case 1:
      return ['cut', copy.subarray(0, random.below(copy.length + 1))]
    case 2:
      return copy.length < 5000
        ? ['repeated', Buffer.concat([copy, copy])]
        : ['lengthened', Buffer.concat([copy, random.bytes(1)])]
    case 3: {
      const other = random.pick(places).field.value
      return Buffer.isBuffer(other) ? ['replaced by another', Buffer.from(other)] : ['left', copy]
    }
    case 4: {
      // Shapes and indices are kept as 64-bit numbers.
      if (copy.length < 8 || copy.length > 512) return ['left', copy]
      copy.writeBigUInt64LE(random.pick(boundaryValues), 8 * random.below(Math.floor(copy.length / 8)))
      return ['a number in it set', copy]
    }
    default:
      if (copy.length > 0) copy[random.below(copy.length)] = random.pick([0, 47, 128, 255, random.below(256)])
      return ['a byte of it set', copy]
  }
}

function isInside(inner: MessageField, outer: MessageField): boolean {
  return inner === outer || (Array.isArray(outer.value) && outer.value.some((field) => isInside(inner, field)))
}

function structuredCopy(field: MessageField): MessageField {
  return { ...field, value: Array.isArray(field.value) ? field.value.map(structuredCopy) : field.value }
}

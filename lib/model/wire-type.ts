/** How protobuf writes the value of a field. A constant of our own: a library for these numbers would load twenty modules. */
export const WireType = { Varint: 0, Bit64: 1, LengthDelimited: 2, StartGroup: 3, EndGroup: 4, Bit32: 5 } as const

export type WireType = (typeof WireType)[keyof typeof WireType]

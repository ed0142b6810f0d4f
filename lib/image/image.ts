/**
 * A decoded picture: 8 bits a channel, three channels interleaved in the order R, G, B, rows from the top without
 * padding; `data.length` is `width * height * 3`.
 */
export interface Image {
  /** Pixels. */
  readonly width: number
  /** Pixels. */
  readonly height: number
  readonly data: Uint8Array
}

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

import sharp, { type Sharp } from 'sharp'

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'tiff'

/** A sound picture that damaged ones are made of. */
export interface SeedPicture {
  readonly name: string
  readonly format: PictureFormat
  readonly bytes: Buffer
}

const [width, height] = [67, 45]

/** Stripes, a slope and a few hundred colours: something for every part of a codec. */
function pixels(channels: number): Buffer {
  const value = (i: number) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels]
    return (x * (3 + c) + y * 5 + ((x >> 3) % 2) * 90) % 256
  }
  return Buffer.from(Array.from({ length: width * height * channels }, (_, i) => value(i)))
}

const picture = (channels: 1 | 3 | 4 = 3): Sharp => sharp(pixels(channels), { raw: { width, height, channels } })
const described = (channels: 1 | 3 | 4 = 3): Sharp =>
  picture(channels)
    .withIccProfile('p3')
    .withExif({ IFD0: { Copyright: 'nobody', Orientation: '6' } })

/** Pictures of the kinds that these formats have: greys, palettes, 16 bits, CMYK, progressive, tiled, animated. */
export async function makeSeedPictures(): Promise<SeedPicture[]> {
  const frames = sharp(Buffer.concat([pixels(3), pixels(3).reverse()]), {
    raw: { width, height: height * 2, channels: 3, pageHeight: height },
  })
  const kinds: [name: string, format: PictureFormat, picture: Sharp][] = [
    ['baseline', 'jpeg', described().jpeg()],
    // Without an orientation: those that enginery decodes itself.
    ['4:4:4', 'jpeg', picture().jpeg({ chromaSubsampling: '4:4:4', quality: 90 })],
    ['4:2:0', 'jpeg', picture().jpeg({ chromaSubsampling: '4:2:0', optimiseCoding: false })],
    ['progressive', 'jpeg', picture().jpeg({ progressive: true, restartInterval: 2 } as object)],
    ['grey', 'jpeg', picture(1).toColourspace('b-w').jpeg()],
    ['CMYK', 'jpeg', picture().toColourspace('cmyk').jpeg()],
    ['RGB', 'png', described().png()],
    ['RGBA, interlaced', 'png', picture(4).png({ progressive: true })],
    ['palette', 'png', picture(4).png({ palette: true, colours: 60 })],
    ['16 bit', 'png', picture().toColourspace('rgb16').png()],
    ['lossy', 'webp', described().webp()],
    ['lossless', 'webp', picture(4).webp({ lossless: true })],
    ['alpha', 'webp', picture(4).webp()],
    ['animated', 'webp', frames.webp({ loop: 0 })],
    ['plain', 'tiff', described().tiff({ compression: 'none' })],
    ['LZW', 'tiff', picture(4).tiff({ compression: 'lzw', predictor: 'horizontal' })],
    ['tiles', 'tiff', picture().tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 16 })],
    ['JPEG inside', 'tiff', picture().tiff({ compression: 'jpeg' })],
    ['one bit', 'tiff', picture(1).toColourspace('b-w').tiff({ bitdepth: 1, compression: 'ccittfax4' })],
  ]
  return await Promise.all(kinds.map(async ([name, format, each]) => ({ name, format, bytes: await each.toBuffer() })))
}

import { basename, extname } from 'node:path'

/** The name that files made from a model begin with: `yolox` for `dir/yolox.onnx`. */
export function stemOf(path: string): string {
  const name = basename(path)
  return name.slice(0, name.length - extname(name).length) || name
}

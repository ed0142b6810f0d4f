import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../../..')
const core = join(root, '.deps/tensorrt/10.15')

/** Headers of TensorRT 10 are needed, and a compiler. */
export const headers = process.env.ENGINERY_TENSORRT_HEADERS ?? join(root, '.deps/tensorrt/headers/v10')

/** Null where plugins can be compiled. */
export const missing = existsSync(join(headers, 'NvInfer.h')) ? null : `the headers of TensorRT 10 are not in ${headers}`

/**
 * Compiles the plugin of these tests as it is needed: with `getCreators`, registering itself, doing neither, or lacking a
 * function.
 *
 * @param output the library
 */
export async function compilePlugin(output: string, kind: 'CREATORS' | 'STATIC' | 'SILENT' | 'UNLINKED'): Promise<void> {
  const source = join(import.meta.dirname, 'halve_plugin.cc')
  const includes = [`-I${join(root, 'native/tensorrt/cuda')}`, `-isystem${headers}`]
  // What registers itself asks the core library for its registry.
  const linked = kind === 'STATIC' ? [`-L${core}`, '-l:libnvinfer.so.10'] : []
  // A sanitizer that is loaded into Node has no business in the compiler.
  const { LD_PRELOAD: _, ...env } = process.env
  const flags = ['-std=c++17', '-O1', '-shared', '-fPIC', '-Wall', '-Wno-deprecated-declarations', `-DPLUGIN_${kind}`]
  await promisify(execFile)(process.env.CXX ?? 'c++', [...flags, ...includes, source, '-o', output, ...linked], { env })
}

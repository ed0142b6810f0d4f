import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { root } from './paths.mjs'

/**
 * Modules that are files of their own in dist/; everything they need is in chunks, which they share, so that each class
 * and each cache is there once. Those after the first two are for test programs, which
 * look behind the public names.
 */
const entries = [
  'index',
  'cli/main',
  'native/load-addon',
  'inference/engine',
  'errors/error-table',
  'engine/tensorrt/calibration-batches',
  'engine/tensorrt/timing-cache-file',
  'engine/engine-cache',
  'cli/watch-interrupts',
]

/**
 * Where chunks lie: as deep as the folders of lib/, because modules find the package's own folder from theirs.
 */
const chunkFolder = 'chunks'

/**
 * Joins the modules of lib/ into few files: to find, open and compile five hundred takes a process longer than to quantize a
 * small model. Packages stay what they are, dependencies. Names stay too, and source maps lead to lib/, for stacks that can be read.
 */
export async function bundleModules(dist) {
  // Not at the top: `npm run setup` begins before anything is installed.
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((name) => [name, path.join(root, 'lib', `${name}.ts`)])),
    platform: 'node',
    tsconfig: path.join(root, 'tsconfig.json'),
    external: (name) => !name.startsWith('.') && !path.isAbsolute(name),
    onLog(level, log) {
      if (level !== 'debug' && level !== 'info') throw new Error(`bundling lib/: ${log.message}`)
    },
  })
  const { output } = await bundle.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${chunkFolder}/[name]-[hash].js`,
    sourcemap: true,
    sourcemapExcludeSources: true,
    minify: false,
  })
  await bundle.close()
  await removeOthers(dist, new Set(output.map(({ fileName }) => path.normalize(fileName))))
}

/** Modules of builds before. */
async function removeOthers(dist, written) {
  for (const name of await readdir(dist, { recursive: true })) {
    if (/\.js(\.map)?$/.test(name) && !written.has(path.normalize(name))) await rm(path.join(dist, name), { force: true })
  }
}

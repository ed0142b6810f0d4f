#!/usr/bin/env node
// prebuildify always calls `node-gyp rebuild`; PREBUILD_NODE_GYP names this file instead. It builds the addon that the
// working folder is named after with cmake-js, fresh, and with no run path into this checkout.
import path from 'node:path'
import { addons, buildAddon, headersFor } from '../setup/build-addons.mjs'
import { fetchOpenvino } from '../setup/fetch-openvino.mjs'
import { findTensorrtHeaders } from '../setup/fetch-tensorrt.mjs'

const folder = process.cwd()
const name = path.basename(folder)
try {
  if (process.argv[2] !== 'rebuild') throw new Error(`expected rebuild, received ${process.argv.slice(2).join(' ')}`)
  if (!addons[name]) throw new Error(`expected a folder named after one of ${Object.keys(addons).join(', ')}, received ${folder}`)
  const openvino = addons[name].needs === 'openvino' ? await fetchOpenvino(console.log) : undefined
  const definitions = { ENGINERY_SHIP: 'ON', ...headersFor(name, { openvino, tensorrt: await findTensorrtHeaders() }) }
  await buildAddon(name, { definitions, out: path.join(folder, 'build'), fresh: true })
} catch (error) {
  console.error(`prebuild: ${error.message}`)
  process.exitCode = 1
}

// The interpreter with NNCF, which `node setup.mjs --quantize` brings: apart from the other rivals', as NNCF pulls in a lot.
import path from 'node:path'
import { benchFolder } from '../cases.mjs'

const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
export const quantizePython = process.env.ENGINERY_QUANTIZE_PYTHON ?? path.join(benchFolder, '.venv-quantize', ...inside)

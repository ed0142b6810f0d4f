// One trial is one fresh process that prints one JSON line.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { benchFolder } from '../cases.mjs'

/** The interpreter that `npm run setup` brings. */
export const python = path.join(
  benchFolder,
  '.venv',
  ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
)

const programs = {
  enginery: [process.execPath, [path.join(benchFolder, 'contenders', 'enginery.mjs')]],
  onnxruntime: [process.execPath, [path.join(benchFolder, 'contenders', 'onnxruntime.mjs')]],
  'openvino-python': [python, [path.join(benchFolder, 'contenders', 'openvino_python.py')]],
}

/** Runs a program of ours in a fresh process and resolves with the object it prints on its last line. */
export function runFresh(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    let output = ''
    let complaints = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      complaints += chunk
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const lines = output.trim().split('\n')
      if (code === 0) resolve(JSON.parse(lines[lines.length - 1]))
      else {
        const reason = complaints.split('\n').find((line) => /Error\b/.test(line)) ?? complaints.trim().split('\n').pop()
        reject(Object.assign(new Error(`${path.basename(args[0])} ended with ${signal ?? code}: ${reason}`), { complaints }))
      }
    })
  })
}

/** @param {{ program: string, call: string }} contender */
export function runTrial(contender, job) {
  const [command, args] = programs[contender.program]
  return runFresh(command, [...args, JSON.stringify({ ...job, call: contender.call })])
}

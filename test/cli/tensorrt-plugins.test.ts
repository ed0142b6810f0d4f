// TensorRT 10.15 without a GPU, which NVIDIA's undocumented switch allows as far as no kernel is needed.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { encodeOnnx } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from '../tensorrt/libraries.js'
import { compilePlugin } from '../tensorrt/plugins/compile-plugin.js'
import { parseReport, runCli, temporaryFolder } from './spawn-cli.js'

const library = coreLibraries['TensorRT 10.15']
const env = { TRT_INTERNAL_OPTIONS: '--cpu_only=1' }

const halve = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: [1, 3, 8, 8] }],
  outputs: [{ name: 'y', type: 'f32', shape: [1, 3, 8, 4] }],
  nodes: [{ op: 'EngineryHalve', name: 'half', inputs: ['x'], outputs: ['y'] }],
})

async function folderWithPlugin(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'halve.onnx'), halve)
  await mkdir(join(folder, 'plugins'))
  await compilePlugin(join(folder, 'plugins', 'halve.so'), 'CREATORS')
  return folder
}

describeWithTensorRt('TensorRT 10.15', 'libraries of plugins on the command line, without a device (cpu_only)', () => {
  const inspect = ['inspect', 'halve.onnx', '--tensorrt', library]

  it('inspect takes operators that a library has', async () => {
    const cwd = await folderWithPlugin()
    const without = await runCli(inspect, { cwd, env })
    expect(without.stdout).toMatch(/EngineryHalve half: [\s\S]*load a library with a plugin of that name/)
    const found = await runCli([...inspect, '--plugins', 'plugins/halve.so'], { cwd, env })
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('takes all of it (1 nodes)') })
    const json = await runCli([...inspect, '--plugins', 'plugins/halve.so', '--json'], { cwd, env })
    expect(parseReport(json)).toMatchObject({ tensorrt: { supported: true, supportedNodes: 1 } })
    const alone = await runCli(['inspect', 'halve.onnx', '--plugins', 'plugins/halve.so'], { cwd, env })
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringMatching(/--plugins: expected --tensorrt beside it/) })
  })

  const build = ['build', '--backend', 'tensorrt', '--library', library, '--no-timing-cache']

  it.each([
    ['--plugins', ['halve.onnx', '--plugins', 'plugins/halve.so']],
    [
      'as trtexec has it',
      ['--onnx=halve.onnx', '--dynamicPlugins=plugins/halve.so', '--setPluginsToSerialize=plugins/halve.so', '--vc'],
    ],
    ['a configuration', ['--config', 'plugins/build.yaml']],
  ])('build loads them: %s', async (_, args) => {
    const cwd = await folderWithPlugin()
    // Paths of a configuration are relative to its folder.
    await writeFile(join(cwd, 'plugins', 'build.yaml'), 'backend: tensorrt\nmodel: ../halve.onnx\nplugins: [halve.so]\n')
    const outcome = await runCli([...build, ...args, '--verbose'], { cwd, env })
    // Without a device no plan can come of it.
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/error TENSORRT_BUILD_FAILED: .*Cuda/) })
    expect(outcome.stderr).toContain('Successfully created plugin: EngineryHalve')
  })

  it('all libraries count, whichever way they are named', async () => {
    const cwd = await folderWithPlugin()
    const args = ['halve.onnx', '--plugins', 'plugins/halve.so', '--staticPlugins=plugins/none.so']
    expect(await runCli([...build, ...args], { cwd, env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error TENSORRT_PLUGIN_LIBRARY_FAILED: .*none\.so cannot be used: it is not there/),
    })
    const forOpenVino = await runCli(['build', 'halve.onnx', '--plugins', 'plugins/halve.so'], { cwd, env })
    expect(forOpenVino).toMatchObject({ code: 2, stderr: expect.stringMatching(/--plugins: only for --backend tensorrt/) })
  })
})

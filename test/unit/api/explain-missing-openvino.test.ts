import { expect, it } from 'vitest'
import { explainMissingOpenVino } from '../../../lib/api/tensorrt/explain-missing-openvino.js'
import { engineryError } from '../../../lib/errors/enginery-error.js'

it('says why a build for TensorRT asks for OpenVINO, and how it gets there', async () => {
  const details = { addon: 'openvino.node', platform: 'linux-x64', tried: '  - here', advice: 'npm install it.' }
  const missing = engineryError('ADDON_NOT_FOUND', details)
  await expect(explainMissingOpenVino('INT8', () => Promise.reject(missing))).rejects.toMatchObject({
    code: 'TENSORRT_NEEDS_OPENVINO',
    message:
      'INT8 for TensorRT is prepared with samples, which run on OpenVINO, and that is missing: The addon openvino.node for linux-x64 was not found',
    cure: expect.stringMatching(/npm install it\.$/),
    cause: missing,
  })
})

it('leaves results and other failures alone', async () => {
  await expect(explainMissingOpenVino('INT8', async () => 7)).resolves.toBe(7)
  const other = new Error('other')
  await expect(explainMissingOpenVino('INT8', () => Promise.reject(other))).rejects.toBe(other)
})

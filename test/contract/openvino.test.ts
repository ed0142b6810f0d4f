import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import { describeEngineContract } from './engine-contract.js'

describeEngineContract({
  name: 'openvino on CPU',
  build: (model, { requests, shapes, profile } = {}) => buildEngine({ model, shapes, hints: { requests, profile } }),
  load: (path) => loadEngine(path),
})

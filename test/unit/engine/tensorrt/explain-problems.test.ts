import { expect, it } from 'vitest'
import {
  describeGroup,
  explainProblem,
  groupProblems,
  modelUnsupported,
} from '../../../../lib/engine/tensorrt/explain-problems.js'
import type { NativeParserProblem } from '../../../../lib/native/tensorrt-addon.js'

const problem = (nodeOperator: string, nodeName: string, description = 'false', node = 0) =>
  ({ code: 'unsupported-node', node, nodeName, nodeOperator, description }) as NativeParserProblem

it('says what an assertion of false means, and what to give in place of a model that was quantized for CPUs', () => {
  for (const operator of ['DynamicQuantizeLinear', 'ConvInteger', 'MatMulInteger', 'QLinearConv', 'com.microsoft.QAttention']) {
    const { reason, cure } = explainProblem(problem(operator, 'a'))
    expect(reason).toBe('TensorRT has no such operator')
    expect(cure, operator).toMatch(/^The model was quantized for CPUs: give the float model/)
  }
  for (const operator of ['QuantizeLinear', 'Hardmax']) {
    expect(explainProblem(problem(operator, 'a')).cure, operator).toMatch(`Rewrite ${operator} with`)
  }
  expect(explainProblem(problem('Odd', '', 'its words', 7))).toMatchObject({ node: 'node 7', reason: 'its words' })
})

it('is told once of nodes that have the same problem', () => {
  const problems = ['a', 'b', 'c', 'd'].map((name) => problem('ConvInteger', name))
  const groups = groupProblems([...problems, problem('Odd', 'e', 'wrong')].map(explainProblem))
  expect(groups.map(describeGroup)).toEqual([
    'ConvInteger: TensorRT has no such operator (4 nodes: a, b, c, ...)',
    'Odd e: wrong',
  ])
  const error = modelUnsupported('m.onnx', problems, ['line'])
  expect(error.message.split('\n')).toHaveLength(2)
  expect(error.details).toMatchObject({ problems: { length: 4 } })
  expect(error.engineLog).toEqual(['line'])
  expect(modelUnsupported('m.onnx', []).message).toContain('no reason was given')
})

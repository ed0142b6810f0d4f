import { type ErrorEntry, type ErrorTopic, errorTable } from '../../../lib/errors/error-table.js'

const introduction = `# Errors

Everything that enginery throws or rejects with is an \`EngineryError\`. Match on \`code\`; messages may change.

| property | what |
|---|---|
| \`code\` | one of the codes below, stable across releases |
| \`message\` | what was expected and what was received |
| \`cure\` | what to do about it |
| \`details\` | the values in the message, and more where that helps a program |
| \`engineLog\` | what the engine itself logged while the call failed |
| \`cause\` | the original failure |

\`\`\`js
import { buildEngine, isEngineryError } from 'enginery'

try {
  await buildEngine({ model: 'model.onnx', backend: 'openvino' })
} catch (error) {
  if (!isEngineryError(error, 'MODEL_NOT_FOUND')) throw error
  console.error(error.message, error.cure)
}
\`\`\`

Words in braces stand for values. This page is made from \`lib/errors/error-table.ts\`.
`

/** The whole of docs/errors.md. */
export function renderErrorDocs(): string {
  const topics = new Map<ErrorTopic, string[]>()
  for (const [code, entry] of Object.entries<ErrorEntry>(errorTable)) {
    const sections = topics.get(entry.topic) ?? []
    sections.push(`### ${code}\n\n> ${entry.message.replaceAll('\n', '\n> ')}\n\n${entry.cure}\n`)
    topics.set(entry.topic, sections)
  }
  const chapters = [...topics].map(([topic, sections]) => `## ${topic}\n\n${sections.join('\n')}`)
  return [introduction, ...chapters].join('\n')
}

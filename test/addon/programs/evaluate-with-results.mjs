// Usage: node evaluate-with-results.mjs <options as JSON>
// Runs an evaluation, whose results are kept, to its end; prints the code of what it fails with, or `done`.
import { evaluate } from '../../../dist/index.js'

const outcome = await evaluate(JSON.parse(process.argv[2])).then(
  () => 'done',
  ({ code, message }) => `${code} ${message}`,
)
console.log(outcome)

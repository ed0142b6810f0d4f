// npm run build:ts: compiles lib/ into dist/.
import { buildTypescript } from './setup/build-typescript.mjs'

try {
  await buildTypescript({ show: true })
} catch (error) {
  console.error(`build:ts: ${error.message}`)
  process.exitCode = 1
}

// Decodes every picture in a list, a JSON file of paths. Says, a line each, where it is and what came of it, so that the
// process that reads the lines knows which picture this one ended with.
import { readFileSync, writeSync } from 'node:fs'
import { errorTable } from '../../../dist/errors/error-table.js'
import { decodeImage, EngineryError } from '../../../dist/index.js'

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`)

async function outcomeOf(path) {
  try {
    const { width, height, data } = await decodeImage(path, { maxPixels: 2 ** 22 })
    if (width * height > 2 ** 22 || data.length !== width * height * 3)
      return { foreign: `${width} x ${height} in ${data.length} bytes` }
    return { accepted: true }
  } catch (error) {
    const isOurs = error instanceof EngineryError && Object.hasOwn(errorTable, error.code)
    return isOurs ? { code: error.code, message: error.message } : { foreign: String(error?.stack ?? error) }
  }
}

const paths = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const [index, path] of paths.entries()) {
  say({ begins: index })
  say({ index, ...(await outcomeOf(path)) })
}
say({ peak: process.resourceUsage().maxRSS * 1024 })

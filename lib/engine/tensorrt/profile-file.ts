import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { z } from 'zod'
import { engineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'
import { describeIssue } from '../../errors/parse-options.js'
import { requireArgument, requireText } from '../../errors/require-argument.js'
import { replaceFile } from '../../model/replace-file.js'
import { yaml } from '../../model/yaml-parser.js'
import { profileSchema, type TensorRtProfileInput } from './build-options.js'
import { isPaddleShapes, profileFromPaddle } from './paddle-shapes.js'

const profileFileSchema = z.strictObject({
  /** As the option `profiles` of buildEngine. */
  profiles: z.array(profileSchema).min(1).max(64),
})

/** Optimization profiles: for each input min, opt and max of its dimensions, or of the values of a shape tensor. */
export type OptimizationProfiles = TensorRtProfileInput[]

/**
 * Reads optimization profiles from YAML or JSON, or from Paddle's `dynamic_shape.txt` (what
 * `Config.collect_shape_range_info` writes).
 *
 * @param inputs of the model: Paddle's file has ranges of every tensor, of which these are taken; default all
 * @throws FILE_NOT_FOUND, FILE_NOT_READ; PROFILES_INVALID
 */
export async function readOptimizationProfiles(path: string, inputs?: Iterable<string>): Promise<OptimizationProfiles> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw engineryError('FILE_NOT_FOUND', { path }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
  return parseOptimizationProfiles(text, path, inputs)
}

/** @throws PROFILES_INVALID */
export function parseOptimizationProfiles(text: string, path: string, inputs?: Iterable<string>): OptimizationProfiles {
  const refuse = (reason: string, cause?: unknown) => engineryError('PROFILES_INVALID', { path, reason }, { cause })
  if (isPaddleShapes(text)) {
    const profile = profileFromPaddle(text, inputs && new Set(inputs), refuse)
    checkOrder([profile], refuse)
    return [profile]
  }
  let content: unknown
  try {
    content = yaml().parse(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch (error) {
    throw refuse(`it is neither YAML nor JSON: ${(error as Error).message.split('\n')[0]}`, error)
  }
  const parsed = profileFileSchema.safeParse(content)
  if (!parsed.success) {
    const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, content))
    throw refuse(`${problem?.option}: ${problem?.reason}`, parsed.error)
  }
  checkOrder(parsed.data.profiles, refuse)
  return parsed.data.profiles
}

/**
 * Writes optimization profiles, as JSON to a name that ends in .json, else as YAML.
 *
 * @throws FILE_NOT_WRITTEN; PROFILES_INVALID
 */
export async function writeOptimizationProfiles(path: string, profiles: OptimizationProfiles): Promise<void> {
  requireText(path, 'the path of a file', 'path', writeOptimizationProfiles)
  requireArgument(Array.isArray(profiles), 'a list of profiles', profiles, 'profiles', writeOptimizationProfiles)
  checkOrder(profiles, (reason) => engineryError('PROFILES_INVALID', { path, reason }))
  const isJson = extname(path).toLowerCase() === '.json'
  const content = { profiles }
  const text = isJson ? `${JSON.stringify(content, null, 2)}\n` : formatYaml(content)
  await replaceFile(path, async (file) => {
    await file.writeFile(text)
  })
}

/** A shape is one line. */
function formatYaml(content: object): string {
  const { Document, isScalar, visit } = yaml()
  const document = new Document(content)
  visit(document, {
    Seq(_, sequence) {
      if (sequence.items.every(isScalar)) sequence.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}

function checkOrder(profiles: OptimizationProfiles, refuse: (reason: string) => Error): void {
  for (const [index, profile] of profiles.entries()) {
    if (Object.keys(profile).length === 0) throw refuse(`profiles.${index}: expected an input, received none`)
    for (const [input, range] of Object.entries(profile)) {
      const { min, opt, max } = 'values' in range ? range.values : range
      const where = `profiles.${index}.${input}`
      if (min.length !== opt.length || opt.length !== max.length) {
        throw refuse(`${where}: expected min, opt and max of one length, received ${min.length}, ${opt.length} and ${max.length}`)
      }
      const wrong = opt.findIndex((length, axis) => (min[axis] as number) > length || length > (max[axis] as number))
      if (wrong === -1) continue
      const received = `${min[wrong]}, ${opt[wrong]} and ${max[wrong]} at position ${wrong}`
      throw refuse(`${where}: expected min <= opt <= max, received ${received}`)
    }
  }
}

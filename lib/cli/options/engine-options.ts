import { engineryError } from '../../errors/enginery-error.js'
import { describeIssue } from '../../errors/parse-options.js'
import { commandSections, type EngineConfig, type Recipe, type SectionName, type Sections } from '../config/config-schema.js'
import { readConfig } from '../config/read-config.js'
import { splitRecipe } from '../config/split-recipe.js'
import type { BuildFlags } from './build-flags.js'
import { buildOptionsFromFlags, mergeBuildOptions } from './collect-build-options.js'
import { definedOnly } from './defined-only.js'
import { importPreprocess } from './import-preprocess.js'
import type { PictureFlags } from './recipe-flags.js'

export interface CommandOptions<Name extends SectionName> {
  /** Options of buildEngine, from the file and, over them, the command line. */
  readonly engine: EngineConfig
  /** The command's own settings, likewise. */
  readonly own: NonNullable<Sections[Name]>
  /** What tells how pictures become scores, likewise. */
  readonly recipe: Recipe
}

/**
 * Brings together what the configuration file says and what the command line says; the command line wins.
 *
 * @throws CONFIG_INVALID, USAGE_INVALID, FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function collectOptions<Name extends SectionName>(
  name: Name,
  flags: BuildFlags & PictureFlags,
  own: NonNullable<Sections[Name]>,
): Promise<CommandOptions<Name>> {
  const config = flags.config === undefined ? undefined : await readConfig(flags.config)
  const fromFlags = splitRecipe(buildOptionsFromFlags(flags, config?.recipe.task?.decoder))
  const given = definedOnly(own)
  const merged = { ...config?.sections[name], ...given }
  const checked = commandSections[name].safeParse(merged)
  if (!checked.success) {
    // What the file says was checked with it: this came from the command line.
    const [problem] = checked.error.issues.flatMap((issue) => describeIssue(issue, merged))
    const flag = problem?.option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw engineryError('USAGE_INVALID', { reason: `--${flag}: ${problem?.reason}` })
  }
  return {
    engine: mergeBuildOptions(config?.engine ?? {}, fromFlags.engine),
    own: checked.data as NonNullable<Sections[Name]>,
    recipe: await withImported(mergeRecipes(config?.recipe ?? {}, fromFlags.recipe), flags),
  }
}

/** The recipe with preprocessing from another tool's file in place of its own. */
async function withImported(recipe: Recipe, { preprocessFrom, preset }: PictureFlags): Promise<Recipe> {
  if (preprocessFrom === undefined) return recipe
  if (preset !== undefined) {
    throw engineryError('USAGE_INVALID', { reason: '--preprocess-from: expected no --preset beside it: each says all of it' })
  }
  return { ...recipe, preprocess: (await importPreprocess(preprocessFrom)).description as Recipe['preprocess'] }
}

// A preset or decoder named on the command line replaces the file's whole entry: its other settings belong to another.
function mergeRecipes({ preprocess, task, ...base }: Recipe, over: Recipe): Recipe {
  const kept = {
    ...base,
    ...(preprocess && over.preprocess?.preset === undefined && { preprocess }),
    ...(task && (over.task === undefined || over.task.decoder === task.decoder) && { task }),
  }
  return mergeBuildOptions<Recipe>(kept, over)
}

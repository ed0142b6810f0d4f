import { engineryError } from '../../errors/enginery-error.js'
import { commandSections, type EngineConfig, type Recipe, type SectionName, type Sections } from '../config/config-schema.js'
import { readConfig } from '../config/read-config.js'
import { splitRecipe } from '../config/split-recipe.js'
import type { BuildFlags } from './build-flags.js'
import { buildOptionsFromFlags, mergeBuildOptions } from './collect-build-options.js'

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
  flags: BuildFlags,
  own: NonNullable<Sections[Name]>,
): Promise<CommandOptions<Name>> {
  const fromFlags = splitRecipe(buildOptionsFromFlags(flags))
  const given = definedOnly(own)
  const config = flags.config === undefined ? undefined : await readConfig(flags.config)
  const merged = { ...config?.sections[name], ...given }
  const checked = commandSections[name].safeParse(merged)
  if (!checked.success) {
    const [issue] = checked.error.issues
    throw engineryError('USAGE_INVALID', { reason: `${issue?.path.join('.')}: ${issue?.message}` })
  }
  return {
    engine: mergeBuildOptions(config?.engine ?? {}, fromFlags.engine),
    own: checked.data as NonNullable<Sections[Name]>,
    recipe: mergeBuildOptions((config?.recipe ?? {}) as EngineConfig, fromFlags.recipe as EngineConfig) as Recipe,
  }
}

function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

import { definedOnly } from '../options/defined-only.js'
import { type EngineConfig, isPictureDescription, type Recipe } from './config-schema.js'

/** Takes apart the options of engines and what tells how pictures become scores; a file holds both side by side. */
export function splitRecipe(options: EngineConfig & Recipe): { readonly engine: EngineConfig; readonly recipe: Recipe } {
  const { data, subset, task, metrics, bootstrap, preprocess, ...engine } = options
  const recipe = definedOnly({ data, subset, task, metrics, bootstrap })
  if (preprocess === undefined) return { engine, recipe }
  if (isPictureDescription(preprocess)) return { engine, recipe: { ...recipe, preprocess } }
  return { engine: { ...engine, preprocess } as EngineConfig, recipe }
}

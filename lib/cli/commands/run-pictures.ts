import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { openCandidate, type SharedEngineOptions } from '../../api/evaluation/open-candidate.js'
import { createPredictor, type Predictor } from '../../api/evaluation/predictor.js'
import type { Category } from '../../dataset/annotations.js'
import { readClasses } from '../../dataset/class-names.js'
import { openDataset } from '../../dataset/open-dataset.js'
import { type EngineryError, engineryError, isEngineryError } from '../../errors/enginery-error.js'
import { decodeImage } from '../../image/decode-image.js'
import { drawShapes } from '../../image/draw-shapes.js'
import { writeImage } from '../../image/encode-image.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { EngineConfig, Recipe, Sections } from '../config/config-schema.js'
import { checkWritable } from '../files/check-writable.js'
import { describeWriteError } from '../files/describe-file-error.js'
import { findTarget } from '../open-engine.js'
import { describeOpenedEngine, engineRows } from '../reports/describe-opened-engine.js'
import type { runPicturesReportSchema } from '../reports/run-pictures-schema.js'
import { type CommandResult, type Session, withProgress } from '../session.js'
import { formatDuration } from '../text/format-quantity.js'
import { describeResult, dropBelow, resultRows, resultShapes } from '../text/render-result.js'
import { renderSection, renderTable } from '../text/render-table.js'

const usual = 0.3

/** Runs pictures through preprocessing, the engine and a decoder; prints the results and, where asked, draws them. */
export async function runPictures(
  session: Session,
  argument: string | undefined,
  options: EngineConfig,
  own: NonNullable<Sections['run']>,
  recipe: Recipe,
  intoModel = false,
): Promise<CommandResult> {
  const { preprocess, task } = recipe
  if (!preprocess) throw usage('--image: say how pictures are prepared, with --preset or in the configuration (preprocess)')
  if (!task) throw usage('--image: say how outputs become results, with --decoder or in the configuration (task)')
  if (own.input || own.output || own.randomInput)
    throw usage('--image: expected no --input, --output or --random-input beside it')
  const target = await findTarget(argument, options)
  const categories = await readCategories(recipe)
  const images = await listPictures(own.image ?? [])
  const drawings = await planDrawings(own.draw, images)
  const { model: _, backend: __, ...shared } = options
  const start = performance.now()
  const candidate = await withProgress(session, (bar) => {
    bar.update('engine', 0)
    const call = { signal: session.signal, logger: session.logger }
    const open = { options: shared as SharedEngineOptions, pictures: preprocess, intoModel, ...call }
    return openCandidate(target.path, open)
  })
  const { engine, metadata } = candidate
  try {
    const opened = {
      engine,
      origin: target.kind === 'model' ? ('built' as const) : ('loaded' as const),
      elapsed: performance.now() - start,
    }
    const predictor = createPredictor(engine, { preprocess: candidate.pictures ?? preprocess, task, metadata })
    const results: PictureReport[] = []
    const sections: string[] = []
    await withProgress(session, async (bar) => {
      for (const [index, path] of images.entries()) {
        bar.update('run', index / images.length)
        const show = { least: own.minScore ?? usual, drawing: drawings?.[index] ?? null, categories, signal: session.signal }
        const { report, text } = await runPicture(predictor, path, show).catch((error) => {
          // One of several is no reason to lose what was found in the others.
          if (images.length === 1 || !isBrokenPicture(error)) throw error
          return brokenPicture(path, error)
        })
        results.push(report)
        sections.push(text)
      }
    })
    const broken = results.filter(({ error }) => error !== null).length
    if (broken > 0) session.logger.error?.(`${broken} of ${images.length} pictures could not be read`)
    const json: z.input<typeof runPicturesReportSchema> = {
      command: 'run',
      enginery: readPackageVersion(),
      engine: await describeOpenedEngine(target, opened),
      preprocess: predictor.preprocessor.describe(),
      results,
    }
    const text = [renderTable(engineRows(json.engine)), ...sections].join('\n\n')
    return broken > 0 ? { json, text, exitCode: 1 } : { json, text }
  } finally {
    await engine.close()
  }
}

type PictureReport = z.input<typeof runPicturesReportSchema>['results'][number]

interface ShowOptions {
  readonly least: number
  readonly drawing: string | null
  readonly categories: readonly Category[]
  readonly signal: AbortSignal
}

async function runPicture(predictor: Predictor, path: string, { least, drawing, categories, signal }: ShowOptions) {
  const began = performance.now()
  const image = await decodeImage(path, { signal })
  const found = dropBelow(await predictor.predict(image, { signal }), least)
  const elapsed = performance.now() - began
  if (drawing) await writeImage(drawing, await drawShapes(image, resultShapes(found, categories)))
  const lines = renderTable(resultRows(found, categories)) || 'nothing found'
  const report: PictureReport = { image: path, elapsed, drawing, result: describeResult(found, categories), error: null }
  return {
    report,
    text: renderSection(`${path} (${formatDuration(elapsed)})`, drawing ? `${lines}\ndrawn in ${drawing}` : lines),
  }
}

function isBrokenPicture(error: unknown): error is EngineryError {
  return (
    isEngineryError(error) &&
    (error.code === 'IMAGE_CORRUPT' || error.code === 'IMAGE_TOO_LARGE' || error.code === 'FILE_NOT_READ')
  )
}

function brokenPicture(path: string, error: EngineryError) {
  const { details, engineLog, ...rest } = error.toJSON()
  const json = { ...rest, details: { ...details }, engineLog: [...engineLog] }
  const report: PictureReport = { image: path, elapsed: 0, drawing: null, result: null, error: json }
  return { report, text: renderSection(path, `not read: ${error.message}`) }
}

async function readCategories({ data }: Recipe): Promise<readonly Category[]> {
  if (data?.classes !== undefined) return readClasses(data.classes)
  // A recipe for eval names the classes in its annotations.
  return data?.annotations === undefined ? [] : (await openDataset(data)).categories
}

async function listPictures(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    given.map(async (path) => {
      const isFolder = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      )
      if (!isFolder) return [path]
      const { samples } = await openDataset({ format: 'image-folder', images: path })
      return samples.map((sample) => sample.path as string)
    }),
  )
  return lists.flat()
}

async function planDrawings(draw: string | undefined, images: readonly string[]): Promise<string[] | undefined> {
  if (draw === undefined) return undefined
  const isFolder =
    /[/\\]$/.test(draw) ||
    (await stat(draw).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  if (!isFolder && images.length > 1)
    throw usage(`--draw ${draw}: expected a folder/ for the drawings of ${images.length} pictures`)
  const paths = isFolder ? images.map((path) => join(draw, `${basename(path).replace(/\.[^.]*$/, '')}.drawn.png`)) : [draw]
  const repeated = paths.find((path, index) => paths.indexOf(path) !== index)
  if (repeated) throw usage(`--draw: two pictures would be drawn in ${repeated}: name them apart`)
  if (isFolder) {
    await mkdir(draw, { recursive: true }).catch((error) => {
      throw describeWriteError(error, draw)
    })
  }
  for (const path of paths) await checkWritable(path)
  return paths
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}

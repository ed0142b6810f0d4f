import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** The search stops all threads of a process that is about to end; now and then one of them ends just then. */
const SEARCH_FAILED =
  /LeakSanitizer has encountered a fatal error|Tracer caught signal|^==\d+==HINT: (For debugging|LeakSanitizer)/m

/** A leak is a paragraph; its frames after the allocator's own are all of a library that has been unloaded since. */
function isOfUnloadedLibrary(paragraph) {
  const frames = paragraph.match(/^ +#\d+ .*$/gm) ?? []
  return frames.length > 1 && frames.slice(1).every((frame) => frame.includes('(<unknown module>)'))
}

/**
 * What the sanitizers reported, without what says nothing about us:
 * - warnings of refused allocations, which some tests ask for;
 * - leaks of libraries that were unloaded (V8's compiled code looks the same): our addons never are.
 *
 * @returns {Promise<{ name: string, pid: string, text: string, ofLeaks: boolean }[]>} `ofLeaks`: nothing but what the
 *   search for leaks at the end of a process said, of memory or of its own failure
 */
export async function readReports(folder) {
  const found = []
  for (const name of await readdir(folder)) {
    const text = (await readFile(path.join(folder, name), 'utf8')).replace(
      /^==\d+==WARNING: AddressSanitizer failed to allocate.*\n/gm,
      '',
    )
    const paragraphs = text.split('\n\n').filter((paragraph) => paragraph.trim() !== '')
    const leaks = paragraphs.filter((paragraph) => /^(Direct|Indirect) leak of /.test(paragraph.trimStart()))
    const others = paragraphs.filter(
      (paragraph) =>
        !leaks.includes(paragraph) && !/LeakSanitizer: detected memory leaks|^SUMMARY: .* leaked in /.test(paragraph),
    )
    const ours = leaks.filter((paragraph) => !isOfUnloadedLibrary(paragraph))
    if (ours.length === 0 && others.length === 0) continue
    const ofLeaks = others.every((paragraph) => SEARCH_FAILED.test(paragraph))
    found.push({ name, pid: name.split('.').at(-1), text: [...others, ...ours].join('\n\n'), ofLeaks })
  }
  return found
}

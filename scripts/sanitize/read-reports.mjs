import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A leak is a paragraph; its frames after the allocator's own are all of a library that has been unloaded since. */
function isOfUnloadedLibrary(paragraph) {
  const frames = paragraph.match(/^ +#\d+ .*$/gm) ?? []
  return frames.length > 1 && frames.slice(1).every((frame) => frame.includes('(<unknown module>)'))
}

/**
 * What the sanitizers reported, without what says nothing about us:
 * - warnings of refused allocations, which some tests ask for;
 * - leaks of libraries that were unloaded (V8's compiled code looks the same): our addons never are.
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
    if (ours.length > 0 || others.length > 0) found.push({ name, text: [...others, ...ours].join('\n\n') })
  }
  return found
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the device reports an input/output error',
  EFBIG: 'the file would be larger than allowed',
}

/** Why the operating system refused a file, in words, with its code. */
export function explainFileFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') return message ?? String(error)
  const words = reasons[code]
  return words === undefined ? (message ?? code) : `${words} (${code})`
}

import type { ErrorEntry } from '../error-entry.js'

export const readingWritingFilesErrors = {
  FILE_NOT_FOUND: {
    topic: 'Reading and writing files',
    message: 'There is no file {path}',
    cure: 'Check the path; a relative one starts at the working directory.',
  },
  FILE_NOT_READ: {
    topic: 'Reading and writing files',
    message: '{path} could not be read: {reason}',
    cure: 'Check that it is a file and that this user may read it.',
  },
  FILE_NOT_WRITTEN: {
    topic: 'Reading and writing files',
    message: '{path} could not be written: {reason}',
    cure: 'Check free space and permissions of the folder. What was there before is unchanged.',
  },
} as const satisfies Record<string, ErrorEntry>

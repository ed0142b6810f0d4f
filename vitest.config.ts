import { defineConfig } from 'vitest/config'

// Addon tests share cores with the engine's own threads and measure them: one worker, so that they do not measure
// each other. Exit, worker_threads and starvation tests start plain child processes of their own.
const inParallel = ['test/unit/**/*.test.ts', 'test/docs/**/*.test.ts', 'test/types/**/*.test.ts']
const oneAtATime = [
  'test/contract/**/*.test.ts',
  'test/addon/**/*.test.ts',
  'test/reference/**/*.test.ts',
  'test/igpu/**/*.test.ts',
  'test/tensorrt/**/*.test.ts',
  'test/gpu/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
]

/** Under the sanitizers. */
const slower = process.env.ENGINERY_SANITIZED ? 4 : 1
const report = process.env.ENGINERY_TEST_REPORT

export default defineConfig({
  test: {
    pool: 'forks',
    // CI counts the tests in this file.
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { test: { name: 'unit', include: inParallel, testTimeout: 180_000, hookTimeout: 180_000 } },
      {
        test: {
          name: 'addon',
          include: oneAtATime,
          maxWorkers: 1,
          fileParallelism: false,
          execArgv: ['--expose-gc'],
          testTimeout: 180_000 * slower,
          hookTimeout: 180_000 * slower,
        },
      },
    ],
  },
})

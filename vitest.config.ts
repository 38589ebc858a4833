import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'apps/*',
      'benches',
      'tests',
      'tests/vitest.walkthrough.config.ts',
      'scripts',
    ],
    pool: 'forks',
    // `pnpm test` says on its command line how many processes there are, and that files share them: what
    // stands here of these does not reach the projects.
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/vitest.json' },
  },
})

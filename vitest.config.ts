import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'benches', 'tests', 'scripts'],
    pool: 'forks',
    // Two cores are the common machine here; more forks only make timing tests unsteady.
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/vitest.json' },
  },
})

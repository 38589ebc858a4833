import { defineProject } from 'vitest/config'

export default defineProject({
  test: {
    // Every bench runs for a moment, each case in a process of its own.
    testTimeout: 120_000,
  },
})

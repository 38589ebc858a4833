import { defineProject } from 'vitest/config'

export default defineProject({
  test: {
    // Real files, and processes that are started and killed: give them time on a busy machine.
    testTimeout: 30_000,
  },
})

import { defineProject } from 'vitest/config'

export default defineProject({
  test: {
    // Real files, sockets and processes: give them time on a busy machine.
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
})

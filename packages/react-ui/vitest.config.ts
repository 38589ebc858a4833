import { defineProject } from 'vitest/config'

export default defineProject({
  test: {
    // Random programs and real sockets: give them time on a busy machine.
    testTimeout: 30_000,
  },
})

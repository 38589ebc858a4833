import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    testTimeout: 30_000,
    // When a connection breaks, the client rejects the run and, in Node, another promise that nobody has.
    onUnhandledError: ({ message }) => !/terminated|network|fetch failed/.test(message),
  },
})

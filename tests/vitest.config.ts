import { defineProject } from 'vitest/config'

export default defineProject({
  test: {
    globalSetup: ['src/browser/announce-browser.ts'],
    // Whole systems and browsers start here: give them time on a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})

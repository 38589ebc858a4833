import { defineProject } from 'vitest/config'

import { wholeSystems } from './whole-systems.ts'

/** Walks through the demo, in a project of its own: it takes as long as all other tests together. */
export default defineProject({
  test: {
    ...wholeSystems,
    name: 'walkthrough',
    globalSetup: [...wholeSystems.globalSetup, 'src/walkthrough/filled-folder.ts'],
    include: ['src/walkthrough/**/*.test.ts'],
    // Two browsers, two demos and their tests share two cores: what hangs is told apart from what waits.
    testTimeout: 150_000,
    expect: { poll: { timeout: 30_000 } },
  },
})

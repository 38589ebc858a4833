import { defineProject } from 'vitest/config'

import { wholeSystems } from './whole-systems.ts'

/** Walks through the demo, in a project of its own: it takes as long as all other tests together. */
export default defineProject({
  test: { ...wholeSystems, name: 'walkthrough', include: ['src/walkthrough/**/*.test.ts'] },
})

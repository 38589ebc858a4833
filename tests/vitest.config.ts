import { configDefaults, defineProject } from 'vitest/config'

import { wholeSystems } from './whole-systems.ts'

export default defineProject({
  test: {
    ...wholeSystems,
    name: 'tests',
    exclude: [...configDefaults.exclude, 'src/walkthrough/**'],
  },
})

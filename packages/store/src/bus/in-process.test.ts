import { test } from 'vitest'

import { busConformance } from '../conformance/index.ts'
import { InProcessBus } from './in-process.ts'

const buses = () => {
  const all = new Set<InProcessBus>()
  return { open: async () => new InProcessBus(all) }
}

for (const { title, run } of busConformance({
  open: async () => ({ factory: buses(), other: buses() }),
})) {
  // oxlint-disable-next-line vitest/valid-title -- each case brings its own
  test(title, run)
}

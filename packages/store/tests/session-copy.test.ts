import { describe, test } from 'vitest'

import { copyCases } from '../src/conformance/keeping/copy-cases.ts'
import { Bed } from '../src/conformance/support/bed.ts'
import { type AnyEngine, testEngine } from './support/test-engines.ts'

const pairs: { from: AnyEngine; to: AnyEngine }[] = [
  { from: 'memory', to: 'sqlite' },
  { from: 'sqlite', to: 'memory' },
  { from: 'sqlite', to: 'postgres' },
  { from: 'postgres', to: 'sqlite' },
]

describe.each(pairs)('a session of $from that is copied to $to', ({ from, to }) => {
  test.each(Object.entries(copyCases))('%s', async (_, check) => {
    const another = async () => ({ factory: testEngine(to) })
    const bed = new Bed({ factory: testEngine(from) }, 0, another)
    try {
      await check(bed)
    } finally {
      await bed.close()
    }
  })
})

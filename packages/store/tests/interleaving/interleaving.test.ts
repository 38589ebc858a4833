import { expect, test } from 'vitest'

import { long } from '../support/long.ts'
import { interleave } from './interleave.ts'

const seeds = long ? 4_000 : 200

test(`${seeds} programs of several processes whose row operations interleave keep journals and feeds whole`, async () => {
  let entries = 0
  let continued = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const done = await interleave(seed).catch((error: unknown) => {
      throw new Error(`Seed ${seed} failed: ${String(error)}`, { cause: error })
    })
    entries += done.entries
    continued += done.continued
  }
  expect(entries).toBeGreaterThan(seeds * 20)
  expect(continued).toBeGreaterThan(seeds / 10)
}, 240_000)

import { tmpdir } from 'node:os'

import { expect, it } from 'vitest'

import { soak } from './soak.ts'

it('subscribers of both transports, some of them stalling, lose nothing', async () => {
  const options = { seconds: 6, subscribers: 80, sessions: 4, rate: 400, on: tmpdir() }

  const { figures, violations } = await soak(options)

  // Beside other tests, times say nothing.
  expect(violations.filter((text) => !/planned|median/.test(text))).toEqual([])
  expect(figures[0]).toContain('79 clients compared, 0 with a loss')
}, 60_000)

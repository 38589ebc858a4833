import { systemClock } from '@caughtup/schema/clock'
import { describe, expect, test } from 'vitest'

import { storageConformance } from '../../conformance/index.ts'
import { memory } from './index.ts'

const open = async () => ({ factory: memory() })

describe('conformance', () => {
  for (const { title, run } of storageConformance({ open })) {
    // oxlint-disable-next-line vitest/valid-title -- each case brings its own
    test(title, run)
  }
})

test('a copy goes its own way', async () => {
  const original = memory()
  const options = { clock: systemClock, random: Math.random }
  const session = { id: 's', title: 'Then', createdAt: 1, members: ['ann'] }
  const first = await original.open(options)
  await first.createSession(session)
  const second = await original.copy().open(options)
  await first.updateSession('s', { title: 'Original', at: 2 })
  await second.updateSession('s', { title: 'Copy', at: 2 })
  expect((await first.session('s'))?.title).toBe('Original')
  expect((await second.session('s'))?.title).toBe('Copy')
})

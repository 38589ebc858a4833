import { describe, expect, test } from 'vitest'

import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore } from '../../src/store.ts'

const storage = memory()

describe('an invalid option is refused when the store is created', () => {
  test.each<[string, string, unknown]>([
    ['storage', 'undefined', { storage: undefined }],
    ['retention', 'true', { retention: true }],
    ['retention.days', '30', { retention: { days: '30' } }],
    ['retention.events', 'NaN', { retention: { events: NaN } }],
    ['retention.day', '30', { retention: { day: 30 } }],
    ['limits', '16', { limits: 16 }],
    ['limits.messageBytes', '16', { limits: { messageBytes: '16' } }],
    ['limits.messageBytes', '-1', { limits: { messageBytes: -1 } }],
    ['limits.pageMost', '1.5', { limits: { pageMost: 1.5 } }],
    ['limits.messages', '1', { limits: { messages: 1 } }],
    ['flush', 'null', { flush: null }],
    ['flush.windowMs', 'NaN', { flush: { windowMs: NaN } }],
    ['flush.windowMs', '33', { flush: { windowMs: '33' } }],
    ['flush.windowMs', 'Infinity', { flush: { windowMs: Infinity } }],
    ['flush.window', '33', { flush: { window: 33 } }],
    ['flush.firstDelta', '1', { flush: { firstDelta: 1 } }],
    ['flush.maxUnflushedBytes', '-1', { flush: { maxUnflushedBytes: -1 } }],
    ['flush.maxUnflushedBytes', 'NaN', { flush: { maxUnflushedBytes: NaN } }],
    ['flush.maxWaitMs', '0', { flush: { maxWaitMs: 0 } }],
    ['onError', 'log', { onError: 'log' }],
    ['random', '0.5', { random: 0.5 }],
    ['meter', '{}', { meter: {} }],
    ['updates.mustDeliverTimeout', '0', { updates: { mustDeliverTimeout: 0 } }],
    ['updates.mustDeliverTimeout', '-50', { updates: { mustDeliverTimeout: -50 } }],
    ['updates.capacity', '0', { updates: { capacity: 0 } }],
    ['updates.mustDeliverTimeout', 'NaN', { updates: { mustDeliverTimeout: NaN } }],
  ])('%s of %s', async (field, value, options) => {
    const creating = createStore({ storage, ...(options as object) })
    await expect(creating).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field, value } })
  })

  test('and none at all', async () => {
    const creating = createStore(undefined as never)
    await expect(creating).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'options' } })
  })

  test.each<[string, object | undefined]>([
    ['options', undefined],
    ['path', { path: '' }],
    ['path', {}],
    ['durability', { path: ':memory:', durability: 'fulll' }],
    ['durability', { path: ':memory:', durability: null }],
  ])('%s of %o for SQLite', (field, options) => {
    expect(() => sqlite(options as never)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', data: expect.objectContaining({ field }) }),
    )
  })
})

test('an error names the name or the value of a limit, whichever is wrong', async () => {
  await expect(createStore({ storage, limits: { messages: 1 } as object })).rejects.toThrow(
    /^limits has no option messages; its options are .*messageParts/,
  )
  await expect(createStore({ storage, limits: { messageBytes: -1 } })).rejects.toThrow(
    'limits.messageBytes is -1, and must be a whole number of at least 1, or Infinity.',
  )
})

test('undefined options count as absent, and Infinity means no limit', async () => {
  const limits = { messageBytes: undefined, messageParts: Infinity } as object
  const flush = { windowMs: 0, maxUnflushedBytes: Infinity }
  const store = await createStore({ storage, limits, flush, retention: { days: Infinity } })
  expect(store.limits.messageBytes).toBe(16 * 1024 * 1024)
  await store.close()
})

import type { MessageDraft } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { memory } from '../../engines/memory/index.ts'
import type { Store } from '../../store.ts'
import { openTestStore } from '../../../tests/support/open-test-store.ts'
import { engines, testEngine } from '../../../tests/support/test-engines.ts'

const hour = 3_600_000

function state(value: string, status: 'open' | 'done' = 'open'): MessageDraft {
  return {
    id: 'm',
    role: 'assistant',
    parts: [{ type: 'text', text: value }],
    metadata: { createdAt: 1 },
    status,
  }
}

/** A store in memory that did not write the open message in it, as after a restart. */
async function openMessage(options: Parameters<typeof openTestStore>[0] = {}) {
  const opened = await openTestStore({ storage: memory(), ...options })
  const { id: sessionId } = await opened.store.sessions.create({ owner: 'me' })
  const drafts = [{ type: 'message-created', message: state('abc') }] as const
  await opened.store.append({ sessionId, drafts })
  return { ...opened, sessionId }
}

const textIn = (message: { parts: MessageDraft['parts'] } | undefined) =>
  message?.parts.map((part) => ('text' in part ? part.text : '')).join('')

async function microtasks(count: number): Promise<void> {
  for (let ran = 0; ran < count; ran++) await Promise.resolve()
}

/** The states of the message, from change to change. */
async function textsOf(store: Store, sessionId: string): Promise<Set<string | undefined>> {
  const texts = new Set<string | undefined>()
  const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
  events.reduce<View>((seen, event) => {
    const { view } = applyEvent(seen, event)
    texts.add(textIn(view.messages[0]))
    return view
  }, emptyView)
  return texts
}

function edit(store: Store, sessionId: string, value: string) {
  return store.history.edit(sessionId, 'm', { parts: [{ type: 'text', text: value }] })
}

test.each(engines)(
  'an edit while an update reads the message mixes with nothing on %s',
  async (engine) => {
    for (let apart = 0; apart < 20; apart++) {
      const { store, sessionId } = await openMessage({ storage: testEngine(engine) })
      const updating = store.update(sessionId, state('abcd'))
      await microtasks(apart)
      await Promise.all([updating, edit(store, sessionId, 'EDIT')])
      expect(['EDIT', 'abcd']).toContain(textIn(await store.message(sessionId, 'm')))
      await store.update(sessionId, state('abcdef'))
      await store.update(sessionId, state('abcdefg', 'done'))
      expect(textIn(await store.message(sessionId, 'm'))).toBe('abcdefg')
      await store.close()
    }
  },
)

test('an update that reads while its session is deleted leaves nothing, and the next one is refused', async () => {
  for (let apart = 0; apart < 20; apart++) {
    const { store, sessionId } = await openMessage({ flush: { windowMs: hour } })
    const updating = store.update(sessionId, state('abcd'))
    await microtasks(apart)
    const deleting = store.sessions.delete(sessionId)
    await Promise.allSettled([updating, deleting])
    await expect(store.update(sessionId, state('abcde'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(store.stats().unflushedBytes).toBe(0)
  }
})

/** A call, how many microtasks after the one before, and whether all earlier calls are awaited. */
const step = fc.record({
  do: fc.oneof(
    { weight: 4, arbitrary: fc.constant('update' as const) },
    { weight: 3, arbitrary: fc.constant('edit' as const) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  ),
  apart: fc.nat(12),
  waits: fc.boolean(),
})

test('a message is an edit or a given state, however their microtasks interleave', async () => {
  const steps = fc.array(step, { minLength: 2, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(0, hour), async (calls, windowMs) => {
      const { store, sessionId } = await openMessage({ flush: { windowMs } })
      const given = new Set<string | undefined>(['abc'])
      let value = 'abc'
      let edited = ''
      const running: Promise<unknown>[] = []
      for (const [index, { do: action, apart, waits }] of calls.entries()) {
        if (waits) await Promise.all(running.splice(0))
        await microtasks(apart)
        if (action === 'update') {
          value += String.fromCodePoint(0x64 + index)
          given.add(value)
          running.push(store.update(sessionId, state(value)))
        } else if (action === 'edit') {
          edited = `EDIT${index}`
          given.add(edited)
          running.push(edit(store, sessionId, edited))
        } else {
          running.push(store.flushSession(sessionId))
        }
      }
      await Promise.all(running)
      const last = textIn(await store.message(sessionId, 'm'))
      expect([value, edited]).toContain(last)
      for (const text of await textsOf(store, sessionId)) expect(given).toContain(text)
      await store.update(sessionId, state(`${value}!`, 'done'))
      expect(textIn(await store.message(sessionId, 'm'))).toBe(`${value}!`)
      await store.close()
    }),
    { numRuns: 300 },
  )
}, 60_000)

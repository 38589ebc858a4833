import type { EventDraft } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { expect, test } from 'vitest'

import { crashableEngines } from '../support/crashable-engine.ts'
import type { Storage } from '../../src/port/storage.ts'
import { openTestStore, startRun, testDatabase } from '../support/open-test-store.ts'

// Short versions of faults that simulated worlds have found.

const caps = { messages: 100, bytes: 1e6 }

function prompt(id: string): EventDraft {
  const metadata = { createdAt: 1 }
  return {
    type: 'message-created',
    message: { id, role: 'user', parts: [], metadata, status: 'done' },
  }
}

async function shown(storage: Storage, sessionId: string): Promise<string[]> {
  const { messages } = await storage.messages(sessionId, caps)
  return messages.map(({ id }) => id)
}

test('a commit gives each of its slices its own state of a message', async () => {
  const { store } = await openTestStore()
  const run = await startRun(store)
  const updates = store.updates.subscribe()
  const writer = store.writer(run)
  await writer.write({ type: 'text-delta', text: 'a' })
  await writer.write({ type: 'tool-call', toolCallId: 't', toolName: 'x', input: {} })
  const first = await updates.next()
  const second = await updates.next()
  expect([first, second].map(({ value }) => value?.message.parts.length)).toEqual([1, 2])
})

test('a session left in the log is read with all later writes', async () => {
  const engine = crashableEngines.sqlite()
  const open = () => engine.factory.open({ clock: systemClock, random: Math.random })
  const [a, b] = [await open(), await open()]
  await a.createSession({ id: 's', title: '', createdAt: 1, members: ['me'] })
  const one = { sessionId: 's', at: 1, drafts: [prompt('one')] }
  await a.commit([one])
  await b.session('s')
  await a.commit([{ ...one, drafts: [prompt('two'), prompt('three')] }])
  while (await b.maintain({ retention: false })) continue
  expect(await shown(b, 's')).toEqual(['one', 'two', 'three'])
  await Promise.all([a.close(), b.close()])
  await engine.dispose()
})

test.each(['memory', 'sqlite'] as const)(
  'drafts after a history change in one commit are shown, on %s',
  async (name) => {
    const engine = crashableEngines[name]()
    const storage = await engine.factory.open({ clock: systemClock, random: Math.random })
    await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['me'] })
    const slice = (...drafts: EventDraft[]) => ({ sessionId: 's', at: 1, drafts })
    const remove = (messageId: string) => slice({ type: 'message-deleted', messageId })
    await storage.commit([slice(prompt('one'))])
    await storage.commit([remove('nobody'), slice(prompt('two'))])
    await storage.commit([slice(prompt('three')), remove('one'), slice(prompt('four'))])
    expect(await shown(storage, 's')).toEqual(['two', 'three', 'four'])
    await storage.close()
    await engine.dispose()
  },
)

test('a state update starts from another process’s version of the message', async () => {
  const path = testDatabase()
  const [a, b] = [await openTestStore({ path }), await openTestStore({ path })]
  const { sessionId, runId, messageId } = await startRun(a.store)
  const metadata = { createdAt: 1, runId }
  const state = (text: string) => ({
    id: messageId,
    role: 'assistant' as const,
    parts: [{ type: 'text' as const, text, state: 'streaming' as const }],
    metadata,
    status: 'open' as const,
  })
  const turnTo = (status: 'waiting' | 'streaming') => ({
    sessionId,
    drafts: [{ type: 'run-changed', runId, status } as const],
  })
  await a.store.update(sessionId, state('a'))
  await a.store.append(turnTo('waiting'))
  await b.store.append(turnTo('streaming'))
  await b.store.update(sessionId, state('ab'))
  await b.store.append(turnTo('waiting'))
  await a.store.append(turnTo('streaming'))
  await a.store.update(sessionId, state('abc'))
  const message = await a.store.message(sessionId, messageId)
  expect(message?.parts).toMatchObject([{ text: 'abc' }])
})

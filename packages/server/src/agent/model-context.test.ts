import type { Message } from '@caughtup/schema'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { expect, onTestFinished, test } from 'vitest'

import { modelContext } from './model-context.ts'

const never = new AbortController().signal

async function openStore(): Promise<{ store: Store; sessionId: string }> {
  // More messages than a window holds.
  const store = await createStore({ storage: memory(), limits: { windowMessages: 5, pageMost: 5 } })
  onTestFinished(() => store.close())
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  return { store, sessionId }
}

async function addTurns(store: Store, sessionId: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    for (const role of ['user', 'assistant'] as const) {
      const parts = [{ type: 'text' as const, text: `${role} ${name}` }]
      const id = `${role}-${name}`
      const message = { id, role, parts, metadata: { createdAt: 1 }, status: 'done' as const }
      await store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
    }
  }
}

/** The messages of the newest epoch that a client shows once it has loaded every page. */
async function displayed(store: Store, sessionId: string): Promise<Message[]> {
  const { messages, head } = await store.window(sessionId)
  for (let before = messages[0]?.order; before !== undefined;) {
    const page = await store.page(sessionId, { before, limit: 2 })
    messages.unshift(...page.messages.filter(({ epoch }) => epoch === head.epoch))
    before = page.nextCursor?.before
  }
  return messages
}

function row(id: string, role: 'user' | 'assistant', text: string) {
  return { id, role, parts: [{ type: 'text' as const, text }], createdAt: 1 }
}

test.each<[string, (store: Store, sessionId: string) => Promise<unknown>]>([
  [
    'a merge',
    (store, id) =>
      store.reconcile(id, [row('f1', 'user', 'Foreign'), row('f2', 'assistant', 'Yes')]),
  ],
  [
    'an edit',
    (store, id) =>
      store.history.edit(id, 'assistant-a', { parts: [{ type: 'text', text: 'Edited' }] }),
  ],
  ['a deletion', (store, id) => store.history.delete(id, 'assistant-b')],
  ['an undo', (store, id) => store.history.undo(id)],
  [
    'a compaction',
    async (store, id) => {
      const parts = [{ type: 'text' as const, text: 'So far' }]
      const metadata = { createdAt: 1 }
      const summary = { id: 'sum', role: 'system', parts, metadata, status: 'done' } as const
      const boundary = { type: 'boundary', kind: 'compaction', trigger: 'user' } as const
      await store.append({
        sessionId: id,
        drafts: [{ ...boundary, summary: { ...summary, parts } }],
      })
      await addTurns(store, id, 'x', 'y', 'z')
    },
  ],
  [
    'a reset',
    async (store, id) => {
      const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const
      await store.append({ sessionId: id, drafts: [reset] })
      await addTurns(store, id, 'x', 'y', 'z')
    },
  ],
])('the model sees what is displayed after %s', async (_, change) => {
  const { store, sessionId } = await openStore()
  await addTurns(store, sessionId, 'a', 'b', 'c', 'd')
  await change(store, sessionId)
  const context = await modelContext(store, sessionId, { signal: never })
  expect(context.length).toBeGreaterThan(5)
  expect(context).toEqual(await displayed(store, sessionId))
})

test('an agent that changes its context changes nothing that others read', async () => {
  const { store, sessionId } = await openStore()
  await addTurns(store, sessionId, 'a')
  const [first] = await modelContext(store, sessionId, { signal: never })
  const [part] = first?.parts ?? []
  if (part?.type !== 'text') throw new Error('The first part is not text.')
  part.text = 'Forged'
  const { messages } = await store.window(sessionId)
  expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'user a' }])
  expect(await modelContext(store, sessionId, { signal: never })).toEqual(messages)
})

import type { ChatFrame, Message } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { getEventMeta } from '@orpc/client'
import { expect, test } from 'vitest'

import { openTestServer, readUntil } from './support/open-test-server.ts'

const MiB = 1024 * 1024

/** An open answer, and a client's cursor from before the rest of it. */
async function openAnswer() {
  const { store, client: connect } = await openTestServer()
  const client = connect()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const metadata = { createdAt: 1 }
  const parts = [{ type: 'text' as const, text: '' }]
  const message = { id: 'answer', role: 'assistant', parts, metadata, status: 'open' } as const
  await store.append({
    sessionId,
    drafts: [{ type: 'message-created', message: { ...message, parts } }],
  })
  const frames = await readUntil(
    await client.onChat({ sessionId, mode: { type: 'full' } }),
    'caught-up',
  )
  const caughtUp = frames.at(-1)
  const cursor = caughtUp?.type === 'caught-up' ? caughtUp.cursor : ''
  const append = (text: string) =>
    store.append({
      sessionId,
      drafts: [
        { type: 'message-delta', messageId: 'answer', ops: [{ op: 'append', part: 0, text }] },
      ],
    })
  const comeBack = async () =>
    readUntil(await client.onChat({ sessionId, mode: { type: 'since', cursor } }), 'caught-up')
  return { append, comeBack, view: viewOf(frames) }
}

function viewOf(frames: readonly ChatFrame[], from: View = emptyView): View {
  let view = from
  for (const frame of frames) {
    if (frame.type === 'replay' && frame.mode === 'full') view = { ...emptyView, seq: 1 }
    if (frame.type === 'messages')
      view = { ...view, messages: [...view.messages, ...frame.messages] }
    if (frame.type !== 'events') continue
    for (const event of frame.events) view = applyEvent(view, event).view
  }
  return view
}

function textOf({ messages }: View): string {
  return messages[0]?.parts.map((part) => ('text' in part ? part.text : '')).join('') ?? ''
}

test('a client that is 10,000 events behind gets them merged, since its cursor', async () => {
  const { append, comeBack, view } = await openAnswer()
  let written = ''
  for (let n = 0; n < 10_000; n++) {
    written += `${n} `
    await append(`${n} `)
  }
  const frames = await comeBack()
  expect(frames[0]).toMatchObject({ type: 'replay', mode: 'since' })
  const events = frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))
  expect(events.length).toBeLessThan(20)
  expect(JSON.stringify(frames).length).toBeLessThan(2 * written.length)
  expect(textOf(viewOf(frames, view)) === written).toBe(true)
}, 60_000)

test('a client that lacks one oversized event gets a full replay, with the reason', async () => {
  const { append, comeBack } = await openAnswer()
  await append('x'.repeat(2 * MiB))
  const frames = await comeBack()
  expect(frames[0]).toMatchObject({ type: 'replay', mode: 'full', reason: 'too-far-behind' })
  expect(textOf(viewOf(frames))).toHaveLength(2 * MiB)
})

/** A session of three exchanges that is followed live, and a function that adds to it. */
async function followExchanges(limits: { windowBytes?: number } = {}) {
  const { store, client } = await openTestServer({ limits })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const add = (id: string, parts: Message['parts'], status: 'open' | 'done' = 'done') => ({
    type: 'message-created' as const,
    message: { id, role: 'assistant' as const, parts, metadata: { createdAt: 1 }, status },
  })
  for (let n = 1; n <= 6; n++) {
    await store.append({ sessionId, drafts: [add(`m${n}`, [{ type: 'text', text: 'Hi' }])] })
  }
  const stream = await client().onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  return { store, sessionId, add, stream }
}

test('one large commit does not put a stream behind: one at the head gets it whole, without a replay', async () => {
  const { store, sessionId, add, stream } = await followExchanges()
  const url = `data:image/png;base64,${'x'.repeat(1.2 * MiB)}`
  const part = { type: 'file', mediaType: 'image/png', url } as const
  const reading = readUntil(stream, 'events', ({ events }) =>
    events.some(({ type }) => type === 'message-finished'),
  )
  await store.append({
    sessionId,
    drafts: [
      add('answer', [], 'open'),
      { type: 'message-delta', messageId: 'answer', ops: [{ op: 'put', part: 0, value: part }] },
      { type: 'message-delta', messageId: 'answer', ops: [{ op: 'put', part: 1, value: part }] },
      { type: 'message-finished', messageId: 'answer', reason: 'stop' },
    ],
  })
  const frames = (await reading).filter(({ type }) => type !== 'transient')
  expect(new Set(frames.map(({ type }) => type))).toEqual(new Set(['events']))
  const events = frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))
  expect(events[0]?.from).toBe(7)
  expect(events.at(-1)?.seq).toBe(10)
})

test.each([false, true])(
  'a replay for being too far behind says whether older messages changed meanwhile (%o)',
  async (isChanged) => {
    const { store, sessionId, add, stream } = await followExchanges({ windowBytes: 10_000 })
    for (let n = 0; n < 40; n++) {
      const text = `${n} ${'x'.repeat(3_000)}`
      await store.append({ sessionId, drafts: [add(`more${n}`, [{ type: 'text', text }])] })
    }
    if (isChanged) await store.history.delete(sessionId, 'm1')
    const frames = await readUntil(stream, 'caught-up')
    const replayed = frames.findIndex(({ type }) => type === 'replay')
    expect(frames[replayed]).toMatchObject({ mode: 'full', reason: 'too-far-behind' })
    const sent = frames.slice(0, replayed).findLast(({ type }) => type === 'events')
    const left = sent && getEventMeta(sent)?.id
    expect(left).toBeDefined()
    const caughtUp = frames.at(-1)
    const unchangedSince = caughtUp?.type === 'caught-up' ? caughtUp.unchangedSince : 'nothing'
    expect(unchangedSince).toBe(isChanged ? undefined : left)
  },
)

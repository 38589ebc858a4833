import { ORPCError } from '@orpc/server'
import { expect, onTestFinished, test, vi } from 'vitest'

import { memoryStore } from '../src/outbox/memory-store.ts'
import type { OutboxStore } from '../src/outbox/outbox-store.ts'
import { storedOutbox } from '../src/outbox/stored-outbox.ts'
import { rest, type Script, setUp, until } from './support/harness.ts'
import { SharedOutbox } from './support/shared-outbox.ts'

type Send = NonNullable<Script['send']>
type Through = NonNullable<Parameters<typeof setUp>[3]>
const accept: Send = ({ messageId }) =>
  Promise.resolve({ messageId: messageId!, runId: `run-${messageId}`, queued: false })
const never: Send = () => new Promise(() => {})
const ids = (send: { mock: { calls: Parameters<Send>[] } }) =>
  send.mock.calls.map(([input]) => input.messageId)

function open(store: OutboxStore, send: Send, through: Through = (answer) => answer()) {
  const set = setUp({ send }, { outbox: storedOutbox(store) }, {}, through)
  const session = set.client.session('s')
  return { ...set, session, pending: () => session.getSnapshot().pending }
}

test('closing the client rejects, and the next client sends what is kept, in order, though no view asks for it', async () => {
  const store = memoryStore()
  const first = open(store, never)
  const sending = ['b', 'a'].map((messageId) => first.session.send({ text: 'Hi', messageId }))
  await rest()
  expect(first.pending()).toMatchObject([
    { messageId: 'b', state: 'sending', kept: true },
    { messageId: 'a', state: 'queued', kept: true },
  ])
  const ended = Promise.allSettled(sending)
  first.client.close()
  expect(await ended).toMatchObject([
    { reason: { code: 'NETWORK' } },
    { reason: { code: 'NETWORK' } },
  ])
  await expect(first.session.send('too late')).rejects.toMatchObject({ code: 'NETWORK' })
  const send = vi.fn(accept)
  setUp({ send }, { outbox: storedOutbox(store) })
  await rest()
  expect(ids(send)).toEqual(['b', 'a'])
  expect(await store.list()).toEqual([])
})

test('a prompt is not kept before the store has it, and says so', async () => {
  const written = Promise.withResolvers<void>()
  const store = memoryStore()
  const { session, pending } = open(
    { ...store, change: (id, decide) => written.promise.then(() => store.change(id, decide)) },
    never,
  )
  void session.send('Hi').catch(() => 'closed at the end')
  expect(pending()).toMatchObject([{ state: 'queued', kept: false }])
  written.resolve()
  await rest()
  expect(pending()).toMatchObject([{ state: 'sending', kept: true }])
})

test('one that failed for good stays with its error, in the next client too, and holds up no other', async () => {
  const store = memoryStore()
  const send = vi.fn<Send>((input) =>
    input.messageId === 'bad'
      ? Promise.reject(new ORPCError('TOO_LARGE', { status: 413, data: { limit: 5 } }))
      : accept(input),
  )
  const first = open(store, send)
  const failed = first.session.send({ text: 'Hi', messageId: 'bad' }).catch((e: unknown) => e)
  await first.session.send({ text: 'Hi', messageId: 'good' })
  expect(await failed).toMatchObject({ code: 'TOO_LARGE', data: { limit: 5 } })
  first.client.close()
  const next = open(store, send)
  await rest()
  expect(next.pending()).toMatchObject([
    { messageId: 'bad', state: 'failed', error: { code: 'TOO_LARGE', data: { limit: 5 } } },
  ])
  expect(ids(send)).toEqual(['bad', 'good'])
  send.mockImplementation(accept)
  expect(await next.session.updatePending('bad', 'shorter')).toBe(true)
  await expect(next.session.retryPending('bad')).resolves.toMatchObject({ runId: 'run-bad' })
  expect(send.mock.calls.at(-1)).toMatchObject([{ messageId: 'bad', text: 'shorter' }])
})

test('one that is removed before it was sent rejects, and one that the server may have stays', async () => {
  const { session, pending, clock } = open(memoryStore(), never)
  const [first, second] = ['1', '2'].map((messageId) => {
    const sending = session.send({ text: 'Hi', messageId })
    return sending.catch((error: unknown) => error)
  })
  await rest()
  expect(await session.dismissPending('1')).toBe(false)
  expect(await session.updatePending('1', 'Ho')).toBe(false)
  expect(await session.dismissPending('2')).toBe(true)
  expect(await second).toMatchObject({ code: 'CANCELLED' })
  // The attempt ends without an answer: it may have arrived.
  await clock.advance(31_000)
  expect(pending()).toMatchObject([{ messageId: '1', state: 'sending' }])
  expect(await session.dismissPending('1')).toBe(false)
  void first
})

test('what the server refuses for now can be changed until it is sent', async () => {
  const send = vi
    .fn<Send>(accept)
    .mockRejectedValueOnce(new ORPCError('LIMIT_EXCEEDED', { data: { retryAfter: 60_000 } }))
  const { session, pending, clock } = open(memoryStore(), send)
  const sending = session.send({ text: 'Hi', messageId: 'm' })
  await rest()
  expect(pending()).toMatchObject([{ state: 'queued' }])
  expect(await session.updatePending('m', 'Ho')).toBe(true)
  await clock.advance(60_000)
  await sending
  expect(send.mock.calls.map(([input]) => ('text' in input ? input.text : ''))).toEqual([
    'Hi',
    'Ho',
  ])
})

test('while no server answers, prompts are not tried, so that they can still be changed', async () => {
  let isDown = true
  const send = vi.fn(accept)
  const fetch = () => Promise.reject(new TypeError('no server'))
  const { session, pending, network, clock, client } = open(memoryStore(), send, (answer) =>
    isDown ? fetch() : answer(),
  )
  network.change({ online: false })
  void session.send({ text: 'Hi', messageId: 'm' }).catch(() => 'never removed')
  await clock.advance(60_000)
  expect(pending()).toMatchObject([{ state: 'queued' }])
  expect(await session.updatePending('m', 'Ho')).toBe(true)
  isDown = false
  network.change({ online: true })
  await until(() => send.mock.calls.length === 1)
  expect(send.mock.calls).toMatchObject([[{ messageId: 'm', text: 'Ho' }]])
  client.close()
})

test('the answer to a prompt that another client sent comes to the one that asked', async () => {
  const shared = new SharedOutbox(true)
  const one = open(shared.of({ dead: false }), never)
  const other = open(shared.of({ dead: false }), accept)
  const sending = one.session.send({ text: 'Hi', messageId: 'm' })
  await rest()
  expect(other.pending()).toMatchObject([{ messageId: 'm', state: 'sending' }])
  // Its attempt ends after 30 s, and the other client has its turn.
  const turns = [one.clock, other.clock].map((clock) => clock.advance(31_000))
  await Promise.all(turns)
  await expect(sending).resolves.toMatchObject({ runId: 'run-m' })
  await rest()
  expect(other.pending()).toMatchObject([{ messageId: 'm', state: 'sent' }])
})

test('a failure of what another client sent rejects, and its removal there, too', async () => {
  const shared = new SharedOutbox(true)
  const one = open(shared.of({ dead: false }), never)
  const tooLarge: Send = () => Promise.reject(new ORPCError('TOO_LARGE', { status: 413 }))
  const other = open(shared.of({ dead: false }), tooLarge)
  const [first, second] = ['1', '2'].map((messageId) =>
    one.session.send({ text: 'Hi', messageId }).catch((error: unknown) => error),
  )
  await rest()
  expect(await other.session.dismissPending('2')).toBe(true)
  await Promise.all([one.clock, other.clock].map((clock) => clock.advance(31_000)))
  expect(await first).toMatchObject({ code: 'TOO_LARGE' })
  expect(await second).toMatchObject({ code: 'CANCELLED' })
})

test('when the store fails, prompts are sent from memory and say that they are not kept', async () => {
  const store = memoryStore()
  let full = false
  const failing: OutboxStore = {
    ...store,
    change: (id, decide) => (full ? Promise.reject(new Error('full')) : store.change(id, decide)),
  }
  const answer = Promise.withResolvers<void>()
  const send = vi.fn<Send>(async (input) => {
    await answer.promise
    return accept(input)
  })
  const { session, pending } = open(failing, send)
  const sent = [session.send({ text: 'Hi', messageId: '1' })]
  await rest()
  full = true
  await expect(session.dismissPending('1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  sent.push(session.send({ text: 'Hi', messageId: '2' }))
  await rest()
  expect(pending()).toMatchObject([
    { messageId: '1', state: 'sending', kept: false },
    { messageId: '2', state: 'queued', kept: false },
  ])
  answer.resolve()
  await Promise.all(sent)
  expect(ids(send)).toEqual(['1', '2'])
})

test('what the failed store may still have is removed there too, or the removal rejects', async () => {
  const store = memoryStore()
  let works = true
  const failing: OutboxStore = {
    ...store,
    change: (id, decide) => (works ? store.change(id, decide) : Promise.reject(new Error('no'))),
  }
  const { session, client } = open(failing, never)
  onTestFinished(() => client.close())
  for (const messageId of ['1', '2']) {
    void session.send({ text: 'Hi', messageId }).catch(() => 'never answered')
  }
  await rest()
  works = false
  void session.send({ text: 'Hi', messageId: '3' }).catch(() => 'never answered')
  await rest()
  await expect(session.dismissPending('2')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await session.dismissPending('3')).toBe(true)
  works = true
  expect(await session.dismissPending('2')).toBe(true)
  expect((await store.list()).map(({ input }) => input.messageId)).toEqual(['1'])
})

test('a prompt is kept at once, and sent after the calls of the view before it', async () => {
  const store = memoryStore()
  const answer = Promise.withResolvers<{ interrupted: boolean }>()
  const send = vi.fn(accept)
  const { client } = setUp(
    { send, interrupt: () => answer.promise },
    { outbox: storedOutbox(store) },
  )
  const session = client.session('s')
  const interrupting = session.interrupt()
  const sending = session.send({ text: 'Hi', messageId: 'm' })
  await rest()
  expect(session.getSnapshot().pending).toMatchObject([{ state: 'queued', kept: true }])
  expect(ids(send)).toEqual([])
  answer.resolve({ interrupted: true })
  await interrupting
  await sending
  expect(ids(send)).toEqual(['m'])
})

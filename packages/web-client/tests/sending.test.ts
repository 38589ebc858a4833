import { ORPCError } from '@orpc/server'
import { describe, expect, test, vi } from 'vitest'

import type { SessionSnapshot } from '../src/session/session-snapshot.ts'
import { aborted, rest, type Script, setUp, until } from './support/harness.ts'
import { type OnChat, serving, shows, status } from './support/play.ts'
import { answered, Recording } from './support/recording.ts'

describe('sending', () => {
  test('a prompt is shown at once, until it is seen in the session', async () => {
    const recording = new Recording()
    const seen = Promise.withResolvers<void>()
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full(0)
        await seen.promise
        yield recording.batch(0)
        await aborted(signal)
      },
      send: ({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    const sending = session.send('Hi')
    const { pending } = session.getSnapshot()
    expect(pending).toMatchObject([{ parts: [{ type: 'text', text: 'Hi' }] }])
    const { messageId } = await sending
    expect(messageId).toBe(pending[0]!.messageId)
    expect(session.getSnapshot().pending).toHaveLength(1)
    recording.message(messageId, 'user', 'Hi')
    seen.resolve()
    await shows(clock, () => session.getSnapshot().messages.length === 1)
    expect(session.getSnapshot().pending).toEqual([])
  })

  test('of a prompt that is seen within a frame, listeners hear that it was pending', async () => {
    const recording = new Recording()
    const seen = Promise.withResolvers<void>()
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full(0)
        await seen.promise
        yield recording.batch(0)
        await aborted(signal)
      },
      send: ({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().lastPending).toBeUndefined()
    const listener = vi.fn(() => session.getSnapshot())
    session.subscribe(listener)
    const { framesReceived } = session.stats()
    const sending = session.send({ text: 'Hi', messageId: 'mine' })
    recording.message('mine', 'user', 'Hi')
    seen.resolve()
    await sending
    await until(() => session.stats().framesReceived > framesReceived)
    expect(listener).not.toHaveBeenCalled()
    await clock.advance(16)
    const heard = listener.mock.results.map(({ value }) => value as SessionSnapshot)
    expect(heard).toMatchObject([{ pending: [], messages: [{ id: 'mine' }], lastPending: 'mine' }])
  })

  test('a prompt that is in the session already is not pending', async () => {
    const recording = new Recording()
    recording.message('m1', 'user', 'Hi')
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full()
        await aborted(signal)
      },
      send: ({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    await session.send({ text: 'Hi', messageId: 'm1' })
    expect(session.getSnapshot().pending).toEqual([])
  })

  test('lost connections and busy servers are retried under the same id', async () => {
    const send = vi
      .fn<NonNullable<Script['send']>>()
      .mockRejectedValueOnce(new ORPCError('UNAVAILABLE', { status: 503 }))
      .mockRejectedValueOnce(new Error('who knows whether it was kept'))
      .mockImplementation(({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
      )
    const { client, clock } = setUp({ send })
    const sending = client.session('s').send({ text: 'Hi', model: 'm', thinkingLevel: 'high' })
    for (let i = 0; i < 3; i++) {
      await rest()
      await clock.advance(10_000)
    }
    await expect(sending).resolves.toMatchObject({ runId: 'r' })
    expect(send).toHaveBeenCalledTimes(3)
    expect(new Set(send.mock.calls.map(([input]) => input.messageId)).size).toBe(1)
  })

  test('metadata of the host are sent with it, are shown while it is pending, and come again with a retry', async () => {
    const send = vi
      .fn<NonNullable<Script['send']>>()
      .mockRejectedValue(new ORPCError('TOO_LARGE', { status: 413 }))
    const { client } = setUp({ send })
    const session = client.session('s')
    const custom = { from: 'phone' }
    const sending = session.send({ text: 'Hi', messageId: 'm', custom })
    expect(session.getSnapshot().pending).toMatchObject([{ messageId: 'm', custom }])
    await expect(sending).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(session.getSnapshot().pending).toMatchObject([{ custom, error: {} }])
    await expect(session.retryPending('m')).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(send.mock.calls.map(([input]) => input.custom)).toEqual([custom, custom])
  })

  test('a permanent failure rejects and stays in pending, to be retried or dismissed', async () => {
    const send = vi
      .fn<NonNullable<Script['send']>>()
      .mockRejectedValueOnce(new ORPCError('TOO_LARGE', { status: 413, data: { limit: 5 } }))
      .mockRejectedValueOnce(new ORPCError('TOO_LARGE', { status: 413 }))
    const { client } = setUp({ send })
    const session = client.session('s')
    await expect(session.send({ text: 'too long', messageId: 'm' })).rejects.toMatchObject({
      name: 'ChatClientError',
      code: 'TOO_LARGE',
      data: { limit: 5 },
    })
    expect(session.getSnapshot().pending).toMatchObject([
      { messageId: 'm', state: 'failed', error: { code: 'TOO_LARGE' } },
    ])
    const again = session.retryPending('m')
    expect(session.getSnapshot().pending[0]!.error).toBeUndefined()
    await expect(again).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(session.getSnapshot().pending).toMatchObject([{ state: 'failed' }])
    expect(await session.dismissPending('m')).toBe(true)
    expect(session.getSnapshot().pending).toEqual([])
    expect(await session.dismissPending('m')).toBe(false)
    expect(await session.retryPending('m')).toBeUndefined()
    expect(send.mock.calls.map(([input]) => input.messageId)).toEqual(['m', 'm'])
  })

  test('a busy server is asked until it takes the prompt', async () => {
    let failures = 0
    const send = vi.fn<NonNullable<Script['send']>>(({ messageId }) =>
      ++failures < 40
        ? Promise.reject(new ORPCError('UNAVAILABLE', { status: 503 }))
        : Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    )
    const { client, clock } = setUp({ send })
    const sending = client.session('s').send('Hi')
    for (let i = 0; i < 50; i++) {
      await rest()
      await clock.advance(10_000)
    }
    await expect(sending).resolves.toMatchObject({ runId: 'r' })
    expect(send).toHaveBeenCalledTimes(40)
  })

  test('after ten unknown errors in a row a prompt has failed, and the next one goes on', async () => {
    const send = vi.fn<NonNullable<Script['send']>>((input) =>
      'text' in input && input.text === 'breaks it'
        ? Promise.reject(new Error('a bug'))
        : Promise.resolve({ messageId: input.messageId!, runId: 'r', queued: false }),
    )
    const { client, clock } = setUp({ send })
    const session = client.session('s')
    const failed = session.send({ text: 'breaks it', messageId: 'bad' }).catch((e: unknown) => e)
    const sent = session.send('Hi')
    for (let i = 0; i < 12; i++) {
      await rest()
      await clock.advance(10_000)
    }
    expect(await failed).toMatchObject({ code: 'INTERNAL' })
    await expect(sent).resolves.toMatchObject({ runId: 'r' })
    expect(send).toHaveBeenCalledTimes(11)
    expect(session.getSnapshot().pending).toMatchObject([
      { state: 'sent', kept: false },
      { messageId: 'bad', state: 'failed' },
    ])
  })

  test('prompts arrive in the order in which they were sent, though the first is retried', async () => {
    const arrived: string[] = []
    let first = true
    const { client, clock } = setUp({
      async send(input) {
        if (first) {
          first = false
          throw new ORPCError('UNAVAILABLE', { status: 503 })
        }
        arrived.push(input.messageId!)
        return { messageId: input.messageId!, runId: 'r', queued: false }
      },
    })
    const session = client.session('s')
    const sent = ['1', '2'].map((messageId) => session.send({ text: 'Hi', messageId }))
    await rest()
    await clock.advance(1_000)
    await Promise.all(sent)
    expect(arrived).toEqual(['1', '2'])
  })
})

test('interrupt sends the id of the run that is shown', async () => {
  const recording = answered()
  const interrupt = vi.fn<NonNullable<Script['interrupt']>>(() =>
    Promise.resolve({ interrupted: true }),
  )
  const { client, clock } = setUp({ interrupt, onChat: serving(...recording.full(5)) })
  const session = client.session('s')
  await session.interrupt()
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  await session.interrupt()
  expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }], [{ sessionId: 's', runId: 'run' }]])
})

describe('an interruption', () => {
  type Sent = { messageId: string; runId: string; queued: boolean }

  /** A server whose prompts the test answers. */
  function answering(onChat: OnChat = serving()) {
    const sent: PromiseWithResolvers<Sent>[] = []
    const interrupt = vi.fn<NonNullable<Script['interrupt']>>(() =>
      Promise.resolve({ interrupted: true }),
    )
    const send = () => {
      const answer = Promise.withResolvers<Sent>()
      sent.push(answer)
      return answer.promise
    }
    const { client, clock } = setUp({ onChat, interrupt, send })
    return { session: client.session('s'), clock, interrupt, sent }
  }

  test('right after a prompt ends the run of the prompt', async () => {
    const { session, interrupt, sent } = answering()
    const sending = session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    await rest()
    expect(interrupt).not.toHaveBeenCalled()
    sent[0]?.resolve({ messageId: 'm', runId: 'started', queued: false })
    await sending
    expect(await interrupting).toEqual({ interrupted: true })
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's', runId: 'started' }]])
  })

  test('right after a prompt that is queued ends the active run', async () => {
    const { session, interrupt, sent } = answering()
    void session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'waits', queued: true })
    await interrupting
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }]])
  })

  test('right after a prompt that fails is sent all the same', async () => {
    const { session, interrupt, sent } = answering()
    const sending = session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.reject(new ORPCError('BAD_INPUT'))
    await expect(sending).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await interrupting
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }]])
  })

  test('of a run that is over but still shown ends the run of the prompt before it', async () => {
    const recording = answered()
    const { session, clock, interrupt, sent } = answering(serving(...recording.full(5)))
    interrupt.mockImplementation(({ runId }) =>
      Promise.resolve({ interrupted: runId === 'started' }),
    )
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(await session.interrupt()).toEqual({ interrupted: false })
    void session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'started', queued: false })
    expect(await interrupting).toEqual({ interrupted: true })
  })

  test('of the run that is shown waits for no prompt, and the next prompt waits for it', async () => {
    const recording = answered()
    const { session, clock, interrupt, sent } = answering(serving(...recording.full(5)))
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    void session.send('On its way')
    await session.interrupt()
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's', runId: 'run' }]])
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'r', queued: true })
    await rest()
  })
})

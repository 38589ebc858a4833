import type { ChatFrame, Page } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'
import { describe, expect, test, vi } from 'vitest'

import type { SessionView } from '../src/session/session-view.ts'
import { rest, type Script, setUp, until } from './support/harness.ts'
import { pageOf } from './support/page-of.ts'
import { inTurn, type OnChat, serving, shows, status } from './support/play.ts'
import { answered } from './support/recording.ts'

describe('older pages', () => {
  function paged(loadMore: NonNullable<Script['loadMore']>, ...scripts: OnChat[]) {
    const recording = answered()
    const live = recording.full()
    const caughtUp = live.at(-1)!
    const withOlder = { ...caughtUp, frame: { ...caughtUp.frame, hasOlder: true } as ChatFrame }
    const replay = [...live.slice(0, -1), withOlder]
    return {
      recording,
      replay,
      ...setUp({ loadMore, onChat: inTurn(serving(...replay), ...scripts) }),
    }
  }

  function page(...orders: number[]): Page {
    const messages = orders.map((order) => ({
      ...answered().viewAt().messages[0]!,
      id: `old-${order}`,
      order,
    }))
    return pageOf(messages, 8)
  }

  const idsOf = (session: SessionView) => session.getSnapshot().messages.map(({ id }) => id)

  test('are requested one at a time, before the oldest message of the view', async () => {
    const answer = Promise.withResolvers<Page>()
    const loadMore = vi.fn(() => answer.promise)
    const { client, clock } = paged(loadMore)
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const first = session.loadOlder()
    const second = session.loadOlder()
    expect(session.getSnapshot().loadingOlder).toBe(true)
    await until(() => loadMore.mock.calls.length > 0)
    answer.resolve(page(0))
    await Promise.all([first, second])
    expect(loadMore.mock.calls).toEqual([[{ sessionId: 's', cursor: { before: 1 } }]])
    expect(idsOf(session)).toEqual(['old-0', 'question', 'answer'])
    expect(session.getSnapshot()).toMatchObject({ loadingOlder: false, hasOlder: false })
    await session.loadOlder()
    expect(loadMore).toHaveBeenCalledTimes(1)
  })

  test('an error is shown, and the next call requests the same page', async () => {
    const loadMore = vi
      .fn<NonNullable<Script['loadMore']>>()
      .mockRejectedValueOnce(new ORPCError('UNAVAILABLE', { status: 503, message: 'busy' }))
      .mockResolvedValueOnce(page(0))
    const { client, clock } = paged(loadMore)
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    await session.loadOlder()
    expect(session.getSnapshot()).toMatchObject({
      loadingOlder: false,
      hasOlder: true,
      olderError: { code: 'UNAVAILABLE', message: 'busy' },
    })
    await session.loadOlder()
    expect(session.getSnapshot().olderError).toBeUndefined()
    expect(idsOf(session)).toEqual(['old-0', 'question', 'answer'])
    expect(loadMore.mock.calls[0]).toEqual(loadMore.mock.calls[1])
  })

  test('an answer that comes after a full replay is dropped', async () => {
    const answer = Promise.withResolvers<Page>()
    const { client, clock, recording, cut } = paged(
      () => answer.promise,
      (input, signal) => serving(...recording.full())(input, signal),
    )
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const loading = session.loadOlder()
    cut()
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(1_000)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().loadingOlder).toBe(false)
    answer.resolve(page(0))
    await loading
    expect(idsOf(session)).toEqual(['question', 'answer'])
  })

  test('an answer that comes after the view was left is dropped', async () => {
    const answer = Promise.withResolvers<Page>()
    const { client, clock } = paged(() => answer.promise)
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const loading = session.loadOlder()
    await rest()
    leave()
    answer.resolve(page(0))
    await loading
    expect(idsOf(session)).toEqual(['question', 'answer'])
  })
})

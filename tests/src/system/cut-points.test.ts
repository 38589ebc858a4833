import { setImmediate } from 'node:timers/promises'

import type { ChatFrame } from '@caughtup/schema'
import { decodeCursor } from '@caughtup/schema/cursor'
import { Random } from '@caughtup/schema/testing'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  createChatClient,
  type Link,
  type SessionSnapshot,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { cut, type Cut, recording } from './cut-link.ts'
import { liveThrough } from './eventful-session.ts'
import { SteppedAgent } from './stepped-agent.ts'

const modes = ['since', 'full', 'live'] as const
const seed = Number(process.env['CAUGHTUP_SEED'] ?? 1)

/** A server whose deltas are committed one by one, with a session that nobody has written in. */
async function openServer() {
  const agent = new SteppedAgent()
  const store = await createStore({
    storage: memory(),
    flush: { windowMs: 0 },
    limits: { streamsPerPrincipal: 1e6, sendsPerMinute: 1e6 },
  })
  const chat = createChatServer({
    store,
    agent: agent.agent,
    summarise: async () => ({ text: 'In short.', usage: { outputTokens: 5 }, systemTokens: 20 }),
    principal: () => ({ id: 'me' }),
    price: (_, { outputTokens = 0 }) => outputTokens,
    contextLimit: 1_000,
    drain: 0,
    lease: 1e9,
    onError: () => {},
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
  })
  const url = `${serving.url}/rpc`
  const links: Record<'in the process' | 'HTTP' | 'a WebSocket', Link> = {
    'in the process': sse({ url: 'http://localhost/rpc', fetch: (request) => chat.fetch(request) }),
    HTTP: sse({ url }),
    'a WebSocket': webSocket({ url }),
  }
  const { id: sessionId } = await store.sessions.create({ owner: 'me', title: 'Test' })
  return { agent, store, links, sessionId }
}

function follow(link: Link, sessionId: string): { view: SessionView; close: () => void } {
  const client = createChatClient({
    link,
    random: () => 0,
    schedule: (callback) => {
      queueMicrotask(callback)
      return () => {}
    },
  })
  onTestFinished(() => client.close())
  const view = client.session(sessionId)
  view.subscribe(() => {})
  return { view, close: () => client.close() }
}

/** Resolves once the view is caught up over so many connections. */
function live(view: SessionView, connects: number): Promise<SessionSnapshot> {
  return new Promise((resolve) => {
    const look = () => {
      const snapshot = view.getSnapshot()
      const isBack = view.stats().connects === connects && snapshot.connection.status === 'live'
      if (isBack) resolve(snapshot)
    }
    view.subscribe(look)
    look()
  })
}

/** What is the same for all who follow a session, and are caught up. */
function shared(snapshot: SessionSnapshot) {
  const { connection: _, presence: _watching, pending: _sent, ...rest } = snapshot
  return rest
}

/** The same in mode `live`, which has open messages only. */
function current(snapshot: SessionSnapshot) {
  const messages = snapshot.messages.filter(({ status }) => status === 'open')
  const hasOlder = snapshot.hasOlder || messages.length < snapshot.messages.length
  return { ...shared(snapshot), messages, hasOlder }
}

test('a client that is cut off after any frame of an eventful session is as one that never was, in every mode', async () => {
  const { agent, store, links, sessionId } = await openServer()
  const random = new Random(seed)
  const frames: ChatFrame[] = []
  const uncut = follow(recording(links['in the process'], frames), sessionId)
  const { view } = uncut
  let checked = 0
  /** Of clients that follow on after they were back. */
  const stayed: SessionView[] = []

  /** Cuts a client off, and compares it with the one that never was, once it is back. */
  const check = async (
    over: keyof typeof links,
    step: string,
    k: number,
    cuts: Omit<Cut, 'received'> & { stays?: boolean },
  ) => {
    const received = frames.slice(0, k)
    const back = follow(cut(links[over], { ...cuts, received }), sessionId)
    const { connection } = await live(back.view, 2 + (cuts.breaks?.length ?? 0))
    const told = `${cuts.mode} over ${over}, cut after ${k} frames, back after ${step}, seed ${seed}`
    const hasPlace = received.some(({ type }) => type === 'caught-up')
    const mode = cuts.mode === 'since' && !hasPlace ? 'full' : cuts.mode
    const compared = cuts.mode === 'live' ? current : shared
    const replay = cuts.breaks ? undefined : connection.lastReplay?.mode
    expect({ told, replay, ...compared(back.view.getSnapshot()) }).toEqual({
      told,
      replay: cuts.breaks ? undefined : mode,
      ...compared(view.getSnapshot()),
    })
    checked++
    if (cuts.stays) stayed.push(back.view)
    else back.close()
  }

  /** Waits until the client that is never cut off has everything, and the session rests. */
  const seen = async () => {
    let seq = -1
    for (let calm = 0; calm < 3;) {
      await setImmediate()
      const { cursor } = await store.head(sessionId)
      const isThere = seqOf(frames) === cursor.seq
      calm = isThere && cursor.seq === seq ? calm + 1 : 0
      ;({ seq } = cursor)
    }
  }

  let known = 0
  const rest = async (step: string) => {
    await seen()
    const now = Array.from({ length: frames.length - known }, (_, index) => known + index + 1)
    known = frames.length
    await Promise.all(
      now.flatMap((k) => modes.map((mode) => check('in the process', step, k, { mode }))),
    )
    for (const over of ['HTTP', 'a WebSocket'] as const) {
      const mode = random.pick(modes)
      const stays = mode !== 'live' && random.chance(0.15)
      const breaks = [random.between(0, 2)]
      await check(over, step, random.between(0, known), { mode, breaks, stays })
    }
  }
  await rest('nothing')
  await liveThrough({
    sessionId,
    rpc: createChatClient({ link: links['in the process'] }).rpc,
    agent,
    rest,
  })
  for (let k = 0; k <= frames.length; k += random.between(1, 5)) {
    await check('in the process', 'everything', k, { mode: 'since' })
  }
  for (const each of stayed) {
    await expect.poll(() => shared(each.getSnapshot())).toEqual(shared(view.getSnapshot()))
  }
  expect(checked).toBeGreaterThan(3 * frames.length)
  expect(stayed.length).toBeGreaterThan(5)
}, 120_000)

/** The seq up to which these frames tell. */
function seqOf(frames: readonly ChatFrame[]): number {
  for (const frame of frames.toReversed()) {
    if (frame.type === 'caught-up') return decodeCursor(frame.cursor)?.seq ?? 0
    if (frame.type === 'text') return frame.seq
    if (frame.type === 'events') return frame.events.at(-1)?.seq ?? 0
  }
  return -1
}

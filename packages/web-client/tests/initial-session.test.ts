import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'

import { useSession } from '../src/bindings/react.ts'
import { captureSession, restoreSession } from '../src/cache/initial-session.ts'
import type { SessionView } from '../src/session/session-view.ts'
import { aborted, rest, type Script, setUp as setUpClient, until } from './support/harness.ts'
import { failing, inTurn, serving, shows, status } from './support/play.ts'
import { answered } from './support/recording.ts'

/** A client whose listeners hear of changes at once, as no frame of a page has to come. */
function setUp(script: Script) {
  return setUpClient(script, {
    schedule: (callback) => {
      queueMicrotask(callback)
      return () => {}
    },
  })
}

/** As JSON in a page's HTML. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function html(view: SessionView): string {
  function Chat() {
    const { messages, stale, connection, streaming } = useSession(view)
    return JSON.stringify({ messages, stale, status: connection.status, streaming })
  }
  return renderToString(createElement(Chat))
}

test('a page begins with what its server rendered, and asks for what came since', async () => {
  const recording = answered()
  const onServer = setUp({ onChat: serving(...recording.full(3)) })
  const rendered = onServer.client.session('s')
  const initial = await captureSession(rendered)
  expect(rendered.getSnapshot().messages).toEqual(recording.viewAt(3).messages)

  const { client, clock, server } = setUp({ onChat: serving(...recording.since(3)) })
  const view = client.session('s')
  expect(restoreSession(view, sent(initial))).toBe(true)
  expect(view.getSnapshot()).toMatchObject({ stale: true, messages: recording.viewAt(3).messages })
  expect(html(view)).toBe(html(rendered))
  await rest()
  expect(server.requests).toEqual([])

  view.subscribe(() => {})
  await shows(clock, () => status(view) === 'live')
  expect(server.requests.map(({ mode }) => mode)).toEqual([
    { type: 'since', cursor: recording.cursor(3) },
  ])
  expect(view.getSnapshot().messages).toEqual(recording.viewAt().messages)
})

test('capturing leaves no stream open', async () => {
  const recording = answered()
  const { client, server } = setUp({
    async *onChat(_input, signal) {
      yield* recording.full()
      await aborted(signal)
    },
  })
  await captureSession(client.session('s'))
  await until(() => server.open === 0)
  expect(status(client.session('s'))).toBe('idle')
})

test('a view that fails, ends or is given up is not captured', async () => {
  const missing = setUp({ onChat: inTurn(failing('NOT_FOUND', 404)) })
  await expect(captureSession(missing.client.session('s'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  const silent = setUp({
    // oxlint-disable-next-line require-yield -- it says nothing
    async *onChat(_input, signal) {
      await aborted(signal)
    },
  })
  const giveUp = new AbortController()
  const capturing = captureSession(silent.client.session('s'), { signal: giveUp.signal })
  giveUp.abort(new Error('the request has ended'))
  await expect(capturing).rejects.toThrow('the request has ended')
})

test('what is damaged, or comes after a view has begun, is not shown', async () => {
  const recording = answered()
  const { client, clock } = setUp({ onChat: serving(...recording.full()) })
  const view = client.session('s')
  const initial = await captureSession(view)
  const other = client.session('other')
  for (const value of [
    undefined,
    'x',
    {},
    { ...initial, protocol: 0 },
    { ...initial, cursor: 'x' },
  ]) {
    expect(restoreSession(other, value)).toBe(false)
  }
  expect(other.getSnapshot().messages).toEqual([])
  view.subscribe(() => {})
  await shows(clock, () => status(view) === 'live')
  expect(restoreSession(view, initial)).toBe(false)
})

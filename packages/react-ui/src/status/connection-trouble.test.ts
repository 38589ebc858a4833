import type { Message } from '@caughtup/schema'
import {
  type Connection,
  createChatClient,
  type PendingPrompt,
  type SessionSnapshot,
  sse,
} from '@caughtup/web-client'
import { expect, test } from 'vitest'

import { englishTexts } from '../texts/texts.ts'
import { connectionTrouble, troubleText } from './connection-trouble.ts'
import { connectionText } from './use-connection-text.ts'

const empty = createChatClient({ link: sse({ url: 'http://chat.test' }) })
  .session('s')
  .getSnapshot()
const message: Message = {
  id: 'm',
  order: 1,
  role: 'user',
  parts: [],
  metadata: { createdAt: 1 },
  revision: 1,
  epoch: 0,
  status: 'done',
}
/** A session that shows a message. */
const shown = (
  connection: Partial<Connection>,
  rest: Partial<SessionSnapshot> = {},
): SessionSnapshot => ({
  ...empty,
  stale: connection.status !== 'live',
  messages: [message],
  connection: { status: 'live', attempts: 0, ...connection },
  ...rest,
})
const error = { code: 'INTERNAL', message: 'Out of order.', data: {} } as const

// Each state of a connection: the trouble, what helps, and whether only a person can go on.
test.each<[Partial<Connection>, string | undefined, string | undefined, boolean?]>([
  [{ status: 'idle' }, undefined, undefined],
  [{ status: 'live' }, undefined, undefined],
  [{ status: 'connecting', attempts: 1 }, 'catching-up', undefined],
  [{ status: 'replaying', attempts: 1 }, 'catching-up', undefined],
  [{ status: 'connecting', attempts: 2 }, 'unreachable', 'reconnect'],
  [{ status: 'waiting', attempts: 1, retryAt: 9 }, 'unreachable', 'reconnect'],
  [{ status: 'waiting', attempts: 0, retryAt: 9 }, 'catching-up', undefined],
  [{ status: 'waiting', attempts: 1 }, 'crowded', undefined],
  [{ status: 'displaced' }, 'displaced', 'reconnect'],
  [{ status: 'offline' }, 'offline', undefined],
  [{ status: 'ended', endReason: 'session-deleted', remedy: 'leave' }, 'deleted', 'leave', true],
  [{ status: 'ended', endReason: 'forbidden', remedy: 'leave' }, 'forbidden', 'leave', true],
  [{ status: 'ended', endReason: 'replaced', remedy: 'try-again' }, 'replaced', 'reconnect', true],
  [{ status: 'ended' }, 'failed', 'reconnect', true],
  [{ status: 'failed', remedy: 'leave' }, 'missing', 'leave', true],
  [{ status: 'failed', remedy: 'sign-in' }, 'signed-out', 'sign-in', true],
  [{ status: 'failed', remedy: 'reload-page' }, 'outdated', 'reload-page', true],
  [{ status: 'failed', remedy: 'try-again', error }, 'failed', 'reconnect', true],
  [{ status: 'failed', remedy: 'change-request', error }, 'failed', 'reconnect', true],
  [{ status: 'failed', remedy: 'none', error }, 'failed', 'reconnect', true],
  [{ status: 'failed' }, 'failed', 'reconnect', true],
])('%j is %s, and %s helps', (connection, kind, action, urgent = false) => {
  const trouble = connectionTrouble(shown(connection))
  expect(trouble?.kind).toBe(kind)
  expect(trouble?.action).toBe(action)
  expect(trouble?.urgent ?? false).toBe(urgent)
})

test('a view that shows nothing yet is not behind', () => {
  const connection = { status: 'connecting', attempts: 1 } as const
  expect(connectionTrouble({ ...empty, connection, stale: true })).toBeUndefined()
  expect(connectionTrouble({ connection, stale: true, rows: [] })).toBeUndefined()
  const offline = connectionTrouble({
    connection: { status: 'offline', attempts: 3 },
    stale: true,
    rows: [],
  })
  expect(offline).toMatchObject({ kind: 'offline', stale: false, keptPrompts: 0 })
})

test('an attempt that is under way need not be asked for', () => {
  expect(connectionTrouble(shown({ status: 'connecting', attempts: 2 }))?.trying).toBe(true)
  expect(connectionTrouble(shown({ status: 'waiting', retryAt: 9 }))?.trying).toBe(false)
})

test('prompts that outlive the page are counted while they cannot be sent', () => {
  const prompt = (state: PendingPrompt['state'], kept: boolean): PendingPrompt => ({
    messageId: `${state}-${kept}`,
    parts: [],
    state,
    kept,
  })
  const pending = [prompt('queued', true), prompt('sending', true), prompt('failed', true)]
  const kept = (connection: Partial<Connection>, prompts = pending) => {
    const trouble = connectionTrouble(shown(connection, { pending: prompts }))
    return trouble && troubleText(trouble, englishTexts.connection)
  }
  expect(kept({ status: 'offline' })).toBe(
    'You are offline. What you see may be out of date. 2 prompts are kept, and sent when it is possible.',
  )
  expect(kept({ status: 'offline' }, [prompt('queued', false)])).not.toContain('kept')
  expect(kept({ status: 'failed', remedy: 'sign-in' }, [prompt('queued', true)])).toBe(
    'You are signed out. Your prompt is kept, and sent when it is possible.',
  )
  expect(kept({ status: 'failed', remedy: 'leave' })).not.toContain('kept')
  expect(kept({ status: 'replaying' })).not.toContain('kept')
})

test('a failure is said in the words of the server, if it has some', () => {
  const text = (connection: Partial<Connection>) =>
    troubleText(connectionTrouble(shown(connection))!, englishTexts.connection)
  expect(text({ status: 'failed', remedy: 'try-again', error })).toBe('Out of order.')
  expect(text({ status: 'failed' })).toBe('The connection failed.')
})

test('a state in a few words counts the seconds to the next attempt', () => {
  const text = (connection: Partial<Connection>, now = 0) =>
    connectionText(shown(connection).connection, now, englishTexts.connection.status)
  expect(text({ status: 'waiting', retryAt: 2_500 }, 1_000)).toBe('Reconnecting in 2 s')
  expect(text({ status: 'waiting', retryAt: 2_500 }, 2_500)).toBe('Reconnecting…')
  expect(text({ status: 'waiting' })).toBe('Too many tabs')
  expect(text({ status: 'connecting', attempts: 1 })).toBe('Connecting…')
  expect(text({ status: 'connecting', attempts: 2 })).toBe('Reconnecting…')
  expect(text({ status: 'ended', endReason: 'session-deleted' })).toBe('Deleted')
  expect(text({ status: 'ended', endReason: 'replaced' })).toBe('Continued elsewhere')
  expect(text({ status: 'ended' })).toBe('Ended')
  expect(text({ status: 'live' })).toBe('Live')
})

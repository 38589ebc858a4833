import type { ChatFrame } from '@caughtup/schema'
import { decodeCursor } from '@caughtup/schema/cursor'
import type { SessionSnapshot } from '@caughtup/web-client'
import { expect } from 'vitest'

import { comeBack } from './host/come-back.ts'
import type { Host } from './host/host.ts'
import { lacking } from './recorded/lacking.ts'
import type { Expected, Shown } from './recorded/releases.ts'
import { lasting } from './host/shown.ts'

/** Checks that the device then shows what all others do, over the same way as when it was recorded. */
export async function resumesStrictly(
  host: Host,
  { left, replay }: Expected['devices'][number],
  shown: Shown,
): Promise<void> {
  const { sessionId, session } = left
  const told = `${sessionId} from ${session.cursor}`
  const back = await comeBack(host, left)
  expect({ told, replay: back.connection.lastReplay }).toEqual({ told, replay })
  const { messages: _, hasOlder: _older, ...state } = viewOf(shown, sessionId)
  expect({ told, lacks: lacking(state, lasting(back)) }).toEqual({ told, lacks: [] })
  const newest = viewOf(shown, sessionId).messages
  expect({ told, lacks: lacking(newest, back.messages.slice(-newest.length)) }).toEqual({
    told,
    lacks: [],
  })
  if (back.connection.lastReplay?.mode !== 'since') return
  const from = await firstAfter(host, sessionId, session.cursor)
  expect({ told, from }).toEqual({ told, from: (decodeCursor(session.cursor)?.seq ?? NaN) + 1 })
}

function viewOf({ sessions }: Shown, sessionId: string) {
  return (sessions[sessionId] as { view: Pick<SessionSnapshot, 'messages' | 'hasOlder'> }).view
}

/** The first entry that a replay after a cursor brings. */
async function firstAfter(host: Host, sessionId: string, cursor: string) {
  const { rpc } = host.client('ann')
  const stream = await rpc.onChat({ sessionId, mode: { type: 'since', cursor } })
  for await (const frame of stream as AsyncIterable<ChatFrame>) {
    if (frame.type !== 'events') continue
    const [event] = frame.events
    return event?.from
  }
  return undefined
}

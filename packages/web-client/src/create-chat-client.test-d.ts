import type { ActivityRow, Session } from '@caughtup/schema'
import type { ClientLink } from '@orpc/client'

import { createChatClient } from './create-chat-client.ts'
import type { SessionSnapshot } from './session-snapshot.ts'
import type { CallContext } from './view-context.ts'

const client = createChatClient({ url: '/rpc' })

// The procedures are typed by the contract.
export const created: Promise<Session> = client.rpc.sessions.create({ title: 'New' })
// @ts-expect-error a title is a string
void client.rpc.sessions.create({ title: 7 })

export const snapshot: SessionSnapshot = client.session('s').getSnapshot()
export const rows: readonly ActivityRow[] = client.activity.getSnapshot().rows
// @ts-expect-error snapshots are read-only
snapshot.messages.push()

declare const link: ClientLink<CallContext>
createChatClient({ link })
// @ts-expect-error a link or an address, not both
createChatClient({ link, url: '/rpc' })
// @ts-expect-error one of the two
createChatClient({})

import type { ActivityRow, SearchHit, Session } from '@caughtup/schema'
import { RPCLink } from '@orpc/client/fetch'

import { WebSocket as NodeWebSocket } from 'ws'

import type { ActivitySnapshot } from './activity/activity-snapshot.ts'
import { activityView } from './activity/activity-view.ts'
import type { AroundSnapshot } from './around/around-snapshot.ts'
import { aroundView } from './around/around-view.ts'
import { createChatClient } from './create-chat-client.ts'
import { auto } from './links/auto.ts'
import type { CallContext } from './links/link.ts'
import { sse } from './links/sse.ts'
import { webSocket } from './links/web-socket.ts'
import type { View } from './live/published.ts'
import type { SessionSnapshot } from './session/session-snapshot.ts'

const client = createChatClient({ link: auto({ url: '/rpc' }) })

// The procedures are typed by the contract.
export const created: Promise<Session> = client.rpc.sessions.create({ title: 'New' })
// @ts-expect-error a title is a string
void client.rpc.sessions.create({ title: 7 })

export const snapshot: SessionSnapshot = client.session('s').getSnapshot()
export const rows: readonly ActivityRow[] = activityView(client).getSnapshot().rows
// What bindings to UI frameworks take.
export const views: [View<SessionSnapshot>, View<ActivitySnapshot>] = [
  client.session('s'),
  activityView(client),
]
export const around: View<AroundSnapshot> = aroundView(client.session('s'), 'm')
export const hits: Promise<{ hits: SearchHit[] }> = client.search('text', { limit: 3 })
// @ts-expect-error snapshots are read-only
snapshot.messages.push()

// Each link has only the options that it can honour.
createChatClient({
  link: sse({ url: () => '/rpc', headers: async () => ({ a: 'b' }), fetch: globalThis.fetch }),
})
createChatClient({
  link: webSocket({ url: async () => 'wss://chat.example/ws?token=1', WebSocket, openTimeout: 1 }),
})
createChatClient({
  link: auto({ url: new URL('https://chat.example/rpc'), fetch, WebSocket, openTimeout: 1 }),
})
webSocket({ url: 'wss://chat.example/ws', WebSocket: NodeWebSocket })
// @ts-expect-error a WebSocket sends no headers
webSocket({ url: '/rpc', headers: {} })
// @ts-expect-error and has no use for fetch
webSocket({ url: '/rpc', fetch })
// @ts-expect-error headers would count over one of the two only
auto({ url: '/rpc', headers: {} })
// @ts-expect-error nothing is opened that could take long
sse({ url: '/rpc', openTimeout: 1 })

// Any oRPC link will do.
createChatClient({ link: () => new RPCLink<CallContext>({ url: 'https://chat.example/rpc' }) })
createChatClient({ link: () => new RPCLink({ url: 'https://chat.example/rpc' }) })

// @ts-expect-error a client needs a link
createChatClient({})
// @ts-expect-error the link has the address, not the client
createChatClient({ link: sse({ url: '/rpc' }), url: '/rpc' })

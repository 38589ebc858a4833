import { auto, createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'

import { gatedFetch, gatedWebSocket } from './gated-transport.ts'
import type { NetworkSwitch } from './network-switch.ts'

export const transports = ['auto', 'websocket', 'sse'] as const
export type Transport = (typeof transports)[number]

export type DemoClient = ReturnType<typeof createChatClient>
export type DemoSession = ReturnType<DemoClient['session']>

/** The caller that the page acts as: `?as=NAME`, else the server's default. */
export function pagePrincipal(): string | undefined {
  return new URL(location.href).searchParams.get('as') ?? undefined
}

/** A client of the server that served this page. The URL names the principal, for WebSockets too. */
export function createDemoClient(transport: Transport, network: NetworkSwitch): DemoClient {
  const principal = pagePrincipal()
  const url = principal === undefined ? '/rpc' : `/rpc?as=${encodeURIComponent(principal)}`
  return createChatClient({ link: linkOf(transport, url, network), network })
}

function linkOf(transport: Transport, url: string, network: NetworkSwitch): Link {
  const [fetch, WebSocket] = [gatedFetch(network), gatedWebSocket(network)]
  switch (transport) {
    case 'auto':
      return auto({ url, fetch, WebSocket })
    case 'websocket':
      return webSocket({ url, WebSocket })
    case 'sse':
      return sse({ url, fetch })
  }
}

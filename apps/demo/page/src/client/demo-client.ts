import { createChatClient } from '@caughtup/web-client'

import { gatedFetch, gatedWebSocket } from './gated-transport.ts'
import type { NetworkSwitch } from './network-switch.ts'

export const transports = ['websocket', 'sse'] as const
export type Transport = (typeof transports)[number]

export type DemoClient = ReturnType<typeof createChatClient>
export type DemoSession = ReturnType<DemoClient['session']>

/** Who the page acts as: `?as=NAME`, else the server's default. */
export function pagePrincipal(): string | undefined {
  return new URL(location.href).searchParams.get('as') ?? undefined
}

/**
 * A client of the server that this page came from. The principal travels as a header where there
 * are headers, and in the URL where there are none: a browser's WebSocket takes none.
 */
export function createDemoClient(transport: Transport, network: NetworkSwitch): DemoClient {
  const url = new URL('/rpc', location.href)
  const principal = pagePrincipal()
  if (principal !== undefined) url.searchParams.set('as', principal)
  return createChatClient({
    url: url.href,
    transport,
    network,
    fetch: gatedFetch(network),
    WebSocket: gatedWebSocket(network),
    ...(principal !== undefined && { headers: { 'x-demo-as': principal } }),
  })
}

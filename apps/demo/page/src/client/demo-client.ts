import { auto, createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { indexedDbCache, indexedDbOutbox } from '@caughtup/web-client/indexed-db'

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

/** Names this page to the balancer of several processes, which tells it where its streams are. */
export const pageId = Math.random().toString(36).slice(2)

/** A path of the server, for who the page acts as. */
export function asPagePrincipal(path: string): string {
  const principal = pagePrincipal()
  return principal === undefined ? path : `${path}?as=${encodeURIComponent(principal)}`
}

/**
 * A client of the server that served this page. The URL names the principal, for WebSockets too. What it
 * sends and shows outlives the page, unless it plays a device of its own.
 */
export function createDemoClient(
  transport: Transport,
  network: NetworkSwitch,
  { isOtherDevice = false } = {},
): DemoClient {
  const url = rpcUrl()
  const user = pagePrincipal() ?? 'local'
  return createChatClient({
    link: linkOf(transport, url, network),
    network,
    ...(!isOtherDevice && {
      outbox: indexedDbOutbox({ user }),
      cache: indexedDbCache({ user }),
    }),
  })
}

function rpcUrl(): string {
  const principal = pagePrincipal()
  const query = new URLSearchParams({
    ...(principal !== undefined && { as: principal }),
    page: pageId,
  })
  return `/rpc?${query.toString()}`
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

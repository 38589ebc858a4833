/** An absolute URL; a path is taken relative to the page. */
export function absoluteUrl(url: string | URL): URL {
  return new URL(url, typeof location === 'undefined' ? undefined : location.href)
}

/** Where the WebSocket of an RPC endpoint is: `https://…/rpc` → `wss://…/rpc/ws`. */
export function webSocketUrlOf(url: string | URL): URL {
  const derived = absoluteUrl(url)
  derived.protocol = derived.protocol === 'https:' ? 'wss:' : 'ws:'
  derived.pathname = `${derived.pathname.replace(/\/$/, '')}/ws`
  return derived
}

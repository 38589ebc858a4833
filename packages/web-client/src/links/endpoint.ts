import { abortable } from '@caughtup/schema/abortable'
import { CaughtupError, preview } from '@caughtup/schema/error'

/** An address, absolute or relative to the page; a function is asked for it at each use. */
export type UrlSource = string | URL | (() => string | URL | Promise<string | URL>)

/**
 * The address as it is now.
 *
 * @throws {CaughtupError} `BAD_INPUT` for what is not a URL, or is relative where there is no page
 * @throws what the function throws, or the signal's reason
 */
export async function resolveUrl(source: UrlSource, signal?: AbortSignal): Promise<URL> {
  if (typeof source !== 'function') return absoluteUrl(source)
  return absoluteUrl(await abortable(Promise.resolve().then(source), signal))
}

function absoluteUrl(url: string | URL): URL {
  // Looked up at each use: where a page is rendered on a server, there is no location.
  const base = typeof location === 'undefined' ? undefined : location.href
  try {
    return new URL(url, base)
  } catch (cause) {
    const value = preview(String(url))
    const why = base === undefined ? ' An address needs its origin where there is no page.' : ''
    const message = `The link's url ${JSON.stringify(value)} is not a URL.${why}`
    throw new CaughtupError('BAD_INPUT', message, { field: 'url', value }, { cause })
  }
}

/** Where the WebSocket of an RPC endpoint is: `https://…/rpc` → `wss://…/rpc/ws`. */
export function webSocketUrlOf(endpoint: URL): URL {
  if (/^wss?:$/.test(endpoint.protocol)) return endpoint
  const derived = new URL(endpoint)
  derived.protocol = derived.protocol === 'https:' ? 'wss:' : 'ws:'
  derived.pathname = `${derived.pathname.replace(/\/$/, '')}/ws`
  return derived
}

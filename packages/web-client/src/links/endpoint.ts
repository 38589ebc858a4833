import { abortable } from '@caughtup/schema/abortable'
import { CaughtupError } from '@caughtup/schema/error'

/** An address, absolute or relative to the page, or a function that is called at each use. */
export type UrlSource = string | URL | (() => string | URL | Promise<string | URL>)

/**
 * The address at this moment.
 *
 * @throws {CaughtupError} `BAD_INPUT` for an invalid URL, or a relative one outside a page
 * @throws the error of the function, or the signal's reason
 */
export async function resolveUrl(source: UrlSource, signal?: AbortSignal): Promise<URL> {
  if (typeof source !== 'function') return absoluteUrl(source)
  return absoluteUrl(await abortable(Promise.resolve().then(source), signal))
}

function absoluteUrl(url: string | URL): URL {
  // Read at each use, because a server that renders a page has no location.
  const base = typeof location === 'undefined' ? undefined : location.href
  try {
    return new URL(url, base)
  } catch (cause) {
    const value = String(url).slice(0, 100)
    const why = base === undefined ? ' Outside a page, give an absolute URL.' : ''
    const message = `The link's url ${JSON.stringify(value)} is not a URL.${why}`
    throw new CaughtupError('BAD_INPUT', message, { field: 'url', value }, { cause })
  }
}

/** The WebSocket address of an RPC endpoint: `https://…/rpc` → `wss://…/rpc/ws`. */
export function webSocketUrlOf(endpoint: URL): URL {
  if (/^wss?:$/.test(endpoint.protocol)) return endpoint
  const derived = new URL(endpoint)
  derived.protocol = derived.protocol === 'https:' ? 'wss:' : 'ws:'
  derived.pathname = `${derived.pathname.replace(/\/$/, '')}/ws`
  return derived
}

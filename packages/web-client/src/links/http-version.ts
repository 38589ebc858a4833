/** What a browser reports about a request. */
export interface Timing {
  readonly name: string
  readonly nextHopProtocol: string
}

/**
 * The protocol of the newest request to the origin of which the browser tells it, as ALPN names it.
 * Servers of another origin hide theirs unless they send `timing-allow-origin`.
 */
function protocolOf(origin: string, requests = timings()): string | undefined {
  return requests.findLast(
    ({ name, nextHopProtocol }) =>
      nextHopProtocol !== '' && URL.canParse(name) && new URL(name).origin === origin,
  )?.nextHopProtocol
}

/** Whether streams from there have a connection in common: HTTP/2 or 3, as far as the browser tells. */
export function speaksHttp2({ origin }: URL, requests?: readonly Timing[]): boolean {
  return /^h[23]/.test(protocolOf(origin, requests) ?? '')
}

/** Whether each stream from there certainly has a connection of its own: no browser speaks HTTP/2 without TLS. */
export function speaksHttp1({ origin, protocol }: URL, requests?: readonly Timing[]): boolean {
  return protocol === 'http:' || protocolOf(origin, requests) === 'http/1.1'
}

function timings(): readonly Timing[] {
  return ['navigation', 'resource'].flatMap((type) =>
    performance
      .getEntriesByType(type)
      .flatMap((entry) =>
        'nextHopProtocol' in entry && typeof entry.nextHopProtocol === 'string'
          ? [{ name: entry.name, nextHopProtocol: entry.nextHopProtocol }]
          : [],
      ),
  )
}

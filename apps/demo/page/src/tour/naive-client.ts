import { pagePrincipal } from '../client/demo-client.ts'
import type { NetworkSwitch } from '../client/network-switch.ts'

/** After how long an `EventSource` connects again by itself, in ms; a cut of the page's switch waits as long. */
const retryAfter = 3_000

/**
 * What a page without a session layer does: an `EventSource` whose messages are appended. It connects
 * again by itself, but knows neither what it missed nor what it already had.
 */
export class NaiveClient {
  readonly #url: string
  readonly #network: NetworkSwitch
  readonly #closed = new AbortController()
  #source: EventSource | undefined
  text = ''

  constructor(sessionId: string, network: NetworkSwitch) {
    const principal = pagePrincipal()
    const query = principal === undefined ? '' : `?as=${encodeURIComponent(principal)}`
    this.#url = `/naive/${sessionId}${query}`
    this.#network = network
    this.#connect()
  }

  close(): void {
    this.#closed.abort()
    this.#source?.close()
  }

  #connect(): void {
    if (this.#closed.signal.aborted) return
    const source = new EventSource(this.#url)
    this.#source = source
    source.addEventListener('message', ({ data }) => {
      const text: unknown = JSON.parse(String(data))
      if (typeof text === 'string') this.text += text
    })
    this.#network.outage.addEventListener(
      'abort',
      () => {
        source.close()
        setTimeout(() => this.#connect(), retryAfter)
      },
      { once: true, signal: this.#closed.signal },
    )
  }
}

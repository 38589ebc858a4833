import type { NetworkSwitch } from './network-switch.ts'

/** `fetch` that fails while the switch is off; switching it off aborts requests under way. */
export function gatedFetch(network: NetworkSwitch): typeof fetch {
  return (input, init) => {
    const asked = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    const signal = AbortSignal.any([network.outage, ...(asked ? [asked] : [])])
    return fetch(input, { ...init, signal })
  }
}

/** `WebSocket` that does not open while the switch is off; switching it off closes open ones. */
export function gatedWebSocket(network: NetworkSwitch): new (url: URL) => WebSocket {
  return class extends WebSocket {
    constructor(url: URL) {
      super(url)
      const { outage } = network
      const close = () => this.close()
      if (outage.aborted) close()
      outage.addEventListener('abort', close, { once: true })
      this.addEventListener('close', () => outage.removeEventListener('abort', close))
    }
  }
}

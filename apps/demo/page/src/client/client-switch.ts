import { createDemoClient, type DemoClient, type Transport, transports } from './demo-client.ts'
import type { NetworkSwitch } from './network-switch.ts'

export interface ActiveClient {
  client: DemoClient
  transport: Transport
}

/** Holds the page's one client, and replaces it when the transport changes. */
export class ClientSwitch {
  #active: ActiveClient
  readonly #network: NetworkSwitch
  readonly #listeners = new Set<() => void>()

  constructor(network: NetworkSwitch) {
    this.#network = network
    this.#active = this.#open(transportOfPage())
  }

  readonly getSnapshot = (): ActiveClient => this.#active

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  use(transport: Transport): void {
    if (transport === this.#active.transport) return
    const former = this.#active.client
    this.#active = this.#open(transport)
    const url = new URL(location.href)
    url.searchParams.set('transport', transport)
    history.replaceState(null, '', url)
    // The views of the former client unsubscribe before it closes, so that none of them shows its end.
    for (const listener of this.#listeners) listener()
    former.close()
  }

  #open(transport: Transport): ActiveClient {
    const client = createDemoClient(transport, this.#network)
    window.caughtup = { client, network: this.#network }
    return { client, transport }
  }
}

function transportOfPage(): Transport {
  const asked = new URL(location.href).searchParams.get('transport')
  return transports.find((transport) => transport === asked) ?? 'auto'
}

declare global {
  interface Window {
    /** For the browser's console, and for tests. */
    caughtup?: { client: DemoClient; network: NetworkSwitch }
  }
}

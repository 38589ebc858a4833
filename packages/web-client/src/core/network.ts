/** What the platform knows about the network and the page's visibility. */
export interface Network {
  isOnline(): boolean
  /** Always visible if absent. */
  isVisible?(): boolean
  /** Calls `listener` whenever one of the two may have changed; returns the unsubscribe. */
  subscribe(listener: () => void): () => void
}

const alwaysOnline: Network = { isOnline: () => true, subscribe: () => () => {} }

/** The browser's signals; always online where there is no window. */
export function browserNetwork(): Network {
  if (typeof window === 'undefined' || typeof document === 'undefined') return alwaysOnline
  return {
    isOnline: () => navigator.onLine,
    isVisible: () => document.visibilityState === 'visible',
    subscribe(listener) {
      const listening = new AbortController()
      const options = { signal: listening.signal }
      window.addEventListener('online', listener, options)
      window.addEventListener('offline', listener, options)
      document.addEventListener('visibilitychange', listener, options)
      return () => listening.abort()
    },
  }
}

/** Calls `onChange` at each change: `improved` if the network came online or the page became visible. */
export function watchNetwork(network: Network, onChange: (improved: boolean) => void): () => void {
  let online = network.isOnline()
  let visible = network.isVisible?.() ?? true
  return network.subscribe(() => {
    const before = { online, visible }
    online = network.isOnline()
    visible = network.isVisible?.() ?? true
    onChange((online && !before.online) || (visible && !before.visible))
  })
}

/** The browser's network state, with a switch that can force it offline. */
export class NetworkSwitch {
  #outage = new AbortController()
  readonly #listeners = new Set<() => void>()

  /** Aborted when the switch forces the page offline, as a broken connection would be. */
  get outage(): AbortSignal {
    return this.#outage.signal
  }

  get forcedOffline(): boolean {
    return this.outage.aborted
  }

  forceOffline(offline: boolean): void {
    if (offline === this.forcedOffline) return
    if (offline) this.#outage.abort(new TypeError('The network is switched off'))
    else this.#outage = new AbortController()
    for (const listener of this.#listeners) listener()
  }

  /** Breaks open connections and requests, and lets new ones through. */
  cut(): void {
    if (this.forcedOffline) return
    this.#outage.abort(new TypeError('The connection was cut'))
    this.#outage = new AbortController()
  }

  // Arrow functions, because the client and React call them unbound.
  readonly isOnline = (): boolean => navigator.onLine && !this.forcedOffline

  readonly isVisible = (): boolean => document.visibilityState === 'visible'

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    window.addEventListener('online', listener)
    window.addEventListener('offline', listener)
    document.addEventListener('visibilitychange', listener)
    return () => {
      this.#listeners.delete(listener)
      window.removeEventListener('online', listener)
      window.removeEventListener('offline', listener)
      document.removeEventListener('visibilitychange', listener)
    }
  }
}

/** Where to connect to: the nodes of a cluster that are known, and the one that another has named. */
export class RedisNodes {
  readonly #urls: readonly string[]
  #next = 0
  #named: string | undefined

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  get current(): string {
    return this.#named ?? this.#urls[this.#next % this.#urls.length] ?? ''
  }

  /** Whether an answer says that the channel is at another node (`MOVED 3999 10.0.0.3:6379`), which is current then. */
  follow(error: unknown): boolean {
    const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec(messageOf(error)) ?? []
    if (port === undefined) return false
    const url = new URL(URL.canParse(this.current) ? this.current : 'redis://127.0.0.1')
    if (host) url.hostname = host.includes(':') ? `[${host}]` : host
    url.port = port
    this.#named = url.href
    return true
  }

  /** The node at this address cannot be reached: another one is current. */
  lost(url: string): void {
    if (url === this.#named) this.#named = undefined
    else if (url === this.current) this.#next++
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

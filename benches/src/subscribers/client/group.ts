import type { Subscription } from '../processes/subscription.ts'
import { sharedNow } from '../processes/token.ts'
import { Subscriber } from './subscriber.ts'

/** What every subscriber must have got since it last began to count. */
export interface Expected {
  characters: number
  chain: number
  /** How long to wait for it, in seconds. */
  within: number
}

export interface Arrived {
  /** Tokens times subscribers. */
  deliveries: number
  /** From the writing of a token to its reading, in ms. */
  p50: number
  p99: number
  /** Bytes of all sockets. */
  bytes: number
  /** When the last subscriber got the last text, on the shared clock. */
  lastAt: number
}

/** Connections that are opened at once: a server's backlog takes so many without a retry. */
const wave = 100

/** Subscribers of one session. */
export class Group {
  readonly #subscribers: Subscriber[] = []
  readonly #ready = Promise.withResolvers<void>()
  /** Rejects as soon as one of them loses its connection or gets what was not written. */
  readonly #failed = Promise.withResolvers<never>()
  readonly #memory = Buffer.allocUnsafeSlow(65_536)
  #unready = 0
  #ages: number[] = []
  #missing = Number.POSITIVE_INFINITY
  #expected: Expected | undefined
  #complete: () => void = () => {}

  private constructor() {
    this.#failed.promise.catch(() => undefined)
  }

  /** Connects subscribers that ask for nothing yet. */
  static async connect(subscription: Subscription, count: number): Promise<Group> {
    const group = new Group()
    group.#unready = count
    while (group.#subscribers.length < count) {
      const size = Math.min(wave, count - group.#subscribers.length)
      const some = Array.from({ length: size }, () => group.#add(subscription))
      await group.#race(Promise.all(some.map((one) => one.connected())))
    }
    return group
  }

  /** Resolves when every subscriber gets what is written from now on. */
  async subscribe(): Promise<void> {
    this.#ask()
    await this.#race(this.#ready.promise)
  }

  /** Asks for everything, and returns the ms until every subscriber has it. */
  async catchUp(expected: Expected): Promise<Arrived & { took: number }> {
    const start = sharedNow()
    this.#ask()
    const arrived = await this.arrival(expected)
    return { ...arrived, took: (arrived.lastAt - start) / 1000 }
  }

  /** Forgets what came so far. */
  restart(): void {
    for (const subscriber of this.#subscribers) subscriber.restart()
    this.#ages = []
  }

  /** Resolves when every subscriber has exactly what was written. */
  async arrival(expected: Expected): Promise<Arrived> {
    const complete = new Promise<void>((resolve) => (this.#complete = resolve))
    this.#expected = expected
    this.#missing = this.#subscribers.length
    for (const subscriber of this.#subscribers) this.#check(subscriber)
    const late = setTimeout(() => {
      this.#failed.reject(new Error(this.#describeMissing(expected)))
    }, expected.within * 1000)
    await this.#race(complete).finally(() => clearTimeout(late))
    this.#expected = undefined
    const sorted = Float64Array.from(this.#ages).sort()
    const percentile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
    return {
      deliveries: sorted.length,
      p50: percentile(0.5),
      p99: percentile(0.99),
      bytes: this.#subscribers.reduce((sum, { bytes }) => sum + bytes, 0),
      lastAt: this.#subscribers.reduce((last, { lastAt }) => Math.max(last, lastAt), 0),
    }
  }

  close(): void {
    for (const subscriber of this.#subscribers) subscriber.close()
  }

  #ask(): void {
    for (const subscriber of this.#subscribers) subscriber.subscribe()
  }

  #add(subscription: Subscription): Subscriber {
    const subscriber: Subscriber = new Subscriber(subscription, {
      memory: this.#memory,
      onToken: (age) => this.#ages.push(age),
      onText: (one) => this.#check(one),
      onReady: () => {
        if (--this.#unready === 0) this.#ready.resolve()
      },
      onLost: (why) => this.#failed.reject(new Error(`A subscriber was disconnected: ${why}`)),
    })
    this.#subscribers.push(subscriber)
    return subscriber
  }

  #check({ characters, chain }: Subscriber): void {
    const expected = this.#expected
    if (!expected || characters < expected.characters) return
    if (characters > expected.characters || chain !== expected.chain) {
      const got = `${characters} characters with the hash ${chain}`
      const wanted = `${expected.characters} with ${expected.chain}`
      return this.#failed.reject(new Error(`A subscriber got ${got} instead of ${wanted}.`))
    }
    if (--this.#missing === 0) this.#complete()
  }

  #describeMissing({ characters, within }: Expected): string {
    const least = Math.min(...this.#subscribers.map((one) => one.characters))
    return `${this.#missing} of ${this.#subscribers.length} subscribers did not get all ${characters} characters within ${within} s; the last one has ${least}.`
  }

  #race<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#failed.promise])
  }
}

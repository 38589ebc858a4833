import { Subscriber } from '../subscribers/client/subscriber.ts'
import type { Subscription } from '../subscribers/processes/subscription.ts'
import type { Spoken } from './soak-server.ts'

/** How a client reads: all the time; with long stretches in between; nothing after its first stretch. */
export type Reading = 'always' | 'stalls' | 'stops'

export interface Heard {
  deliveries: number
  /** How many clients must have everything, and what is wrong with those that do not. */
  checked: number
  lost: string[]
  /** Between writing and reading, of clients that always read, in ms. */
  p50: number
  p99: number
  /** The medians of the sessions, in ms, ascending. */
  medians: number[]
}

interface Listener {
  subscriber: Subscriber
  session: number
  reading: Reading
}

/** Connections that are opened at once. */
const wave = 100
/** Ages up to this are told apart, in ms. */
const oldest = 20_000

/** Subscribers of many sessions. */
export class Audience {
  readonly #listeners: Listener[] = []
  readonly #memory = Buffer.allocUnsafeSlow(65_536)
  readonly #lost: string[] = []
  /** By session: how many tokens had each age in whole ms. */
  readonly #ages: Uint32Array[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #deliveries = 0

  /** Subscribes clients of one session and transport; resolves when all of them are caught up. */
  async add(session: number, subscription: Subscription, readings: Reading[]): Promise<void> {
    this.#ages[session] ??= new Uint32Array(oldest + 1)
    for (let from = 0; from < readings.length; from += wave) {
      await Promise.all(
        readings
          .slice(from, from + wave)
          .map((reading) => this.#open(session, subscription, reading)),
      )
    }
  }

  /** Lets the clients that stall or stop do so, for `stretch` seconds at a time. */
  stall(stretch: number): void {
    for (const { subscriber, reading } of this.#listeners) {
      if (reading === 'stops') this.#later(Math.random() * stretch, () => subscriber.stall())
      if (reading === 'stalls') this.#stall(subscriber, stretch, Math.random() * stretch)
    }
  }

  /** Lets stalled clients read on, and compares what each has with what was written. */
  async finish(spoken: readonly Spoken[], within: number): Promise<Heard> {
    for (const timer of this.#timers) clearTimeout(timer)
    const checked = this.#listeners.filter(({ reading }) => reading !== 'stops')
    for (const { subscriber } of checked) subscriber.readOn()
    const isBehind = ({ subscriber, session }: Listener) =>
      subscriber.characters < (spoken[session]?.characters ?? 0)
    for (const end = Date.now() + within * 1000; Date.now() < end && checked.some(isBehind);) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    for (const { subscriber, session, reading } of checked) {
      const { characters, chain } = spoken[session] ?? {}
      if (subscriber.characters === characters && subscriber.chain === chain) continue
      const got = `${subscriber.characters} characters with the hash ${subscriber.chain}`
      this.#lost.push(`A client that ${reading} got ${got} instead of ${characters} with ${chain}.`)
    }
    for (const { subscriber } of this.#listeners) subscriber.close()
    const all = new Uint32Array(oldest + 1)
    for (const ages of this.#ages)
      ages.forEach((count, age) => (all[age] = (all[age] ?? 0) + count))
    return {
      deliveries: this.#deliveries,
      checked: checked.length,
      lost: this.#lost,
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      medians: this.#ages.map((ages) => percentile(ages, 0.5)).toSorted((a, b) => a - b),
    }
  }

  async #open(session: number, subscription: Subscription, reading: Reading): Promise<void> {
    const ready = Promise.withResolvers<void>()
    const subscriber = new Subscriber(subscription, {
      memory: this.#memory,
      onToken: (age) => this.#note(session, reading, age),
      onText: () => undefined,
      onReady: ready.resolve,
      onLost: (why) => {
        ready.reject(new Error(why))
        if (reading !== 'stops') this.#lost.push(`A client that ${reading} was cut: ${why}`)
      },
    })
    await subscriber.connected()
    subscriber.subscribe()
    await ready.promise
    this.#listeners.push({ subscriber, session, reading })
  }

  #note(session: number, reading: Reading, age: number): void {
    this.#deliveries++
    const ages = this.#ages[session]
    if (reading !== 'always' || !ages) return
    const at = Math.min(oldest, Math.max(0, Math.round(age)))
    ages[at] = (ages[at] ?? 0) + 1
  }

  #stall(subscriber: Subscriber, stretch: number, after: number): void {
    this.#later(after, () => {
      subscriber.stall()
      this.#later(stretch, () => {
        subscriber.readOn()
        this.#stall(subscriber, stretch, stretch / 4)
      })
    })
  }

  #later(seconds: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, seconds * 1000)
    this.#timers.add(timer)
  }
}

function percentile(ages: Uint32Array, share: number): number {
  const wanted = ages.reduce((sum, count) => sum + count, 0) * share
  let seen = 0
  return Math.max(
    0,
    ages.findIndex((count) => (seen += count) >= wanted),
  )
}

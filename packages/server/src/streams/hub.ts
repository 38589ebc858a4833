import type { Clock } from '@caughtup/schema/clock'
import type { ORPCError } from '@orpc/server'

import { shuttingDown } from '../errors/call-errors.ts'
import type { Feed, Step } from './feed.ts'

/** How many members are written to before other work gets a turn. */
const sliceSize = 256
/** A rest shorter than this, in ms, is spent in turns of the event loop: timers are not more precise. */
const shortestRest = 2
/** Steps that come within this part of the time of the pass before them come faster than they are passed. */
const saturated = 1 / 2

/** A stream that is up to date. It takes part until it leaves: when its client does not keep up, or it ends. */
export interface Member {
  /** The cursor after its last frame. */
  readonly position: string | undefined
  /** Must not throw. */
  deliver(step: Step): void
  /** The hub cannot serve it any more: it must read on from its own position. */
  readOn(): void
  fail(error: ORPCError<string, unknown>): void
}

export interface HubOptions {
  feed: Feed
  clock: Clock
  /** Converts an error to what clients get, and reports it: once for all members. */
  toError: (error: unknown) => ORPCError<string, unknown>
}

/**
 * The streams at the head of one feed. It reads each batch once and passes the same frames to every
 * member. While a pass is under way the feed grows, so at saturation batches get larger, and neither
 * writers nor other hubs wait for the members.
 *
 * It has no queue: a member whose client is full leaves and reads on by itself, from its own position.
 */
export class Hub {
  readonly #options: HubOptions
  /** The members, and the number of the last step that each one has. */
  readonly #members = new Map<Member, number>()
  #steps = 0
  /** When the last pass was over, and its rest, in ms of the monotonic clock. */
  #passedAt = -Infinity
  /** The cursor after the last step; the members that have that step are there. */
  #position: string | undefined
  #reading: AbortController | undefined
  #wake: (() => void) | undefined

  constructor(options: HubOptions) {
    this.#options = options
  }

  get feed(): Feed {
    return this.#options.feed
  }

  /** Whether the stream is a member from here on. If not, it is somewhere else than the hub. */
  join(member: Member): boolean {
    if (!this.#reading || (this.#members.size === 0 && member.position !== this.#position)) {
      if (member.position === undefined) return false
      this.#readFrom(member.position)
    } else if (member.position !== this.#position) return false
    this.#members.set(member, this.#steps)
    this.#wake?.()
    return true
  }

  leave(member: Member): void {
    this.#members.delete(member)
  }

  /** Stops reading; to be called when no stream follows the feed any more. */
  close(): void {
    this.#reading?.abort()
    this.#reading = undefined
    this.#wake?.()
  }

  #readFrom(position: string): void {
    this.close()
    this.#position = position
    const reading = new AbortController()
    this.#reading = reading
    void this.#read(position, reading)
  }

  async #read(position: string, reading: AbortController): Promise<void> {
    const { signal } = reading
    try {
      for await (const step of this.#options.feed.follow(position, { signal })) {
        if (signal.aborted) return
        if (step === 'too-far-behind' || step.position === undefined) return this.#dissolve()
        await this.#pass(step, signal)
        // Nobody is at the head: the next one to be there wakes it, or it closes.
        while (this.#members.size === 0 && !signal.aborted) await this.#joined()
        if (signal.aborted) return
      }
      throw shuttingDown()
    } catch (error) {
      if (signal.aborted) return
      const members = [...this.#members.keys()]
      this.#forget()
      const known = this.#options.toError(error)
      for (const member of members) member.fail(known)
    }
  }

  /** Passes a step to the members that have the one before. Others have left, or joined after it. */
  async #pass(step: Step, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const startedAt = clock.monotonic()
    const waited = startedAt - this.#passedAt
    const before = this.#steps++
    this.#position = step.position
    let written = 0
    for (const [member, at] of this.#members) {
      if (at !== before) continue
      this.#members.set(member, this.#steps)
      member.deliver(step)
      if (++written % sliceSize > 0) continue
      await turn()
      if (signal.aborted) return
    }
    const took = clock.monotonic() - startedAt
    // Members that are slower than the writers take half of the time: others get the rest, and what
    // the writers write meanwhile is one step.
    if (waited < took * saturated) await this.#rest(took)
    this.#passedAt = clock.monotonic()
  }

  async #rest(ms: number): Promise<void> {
    const { clock } = this.#options
    if (ms >= shortestRest) return new Promise((resolve) => clock.after(ms, resolve))
    const until = clock.monotonic() + ms
    do await turn()
    while (clock.monotonic() < until)
  }

  #joined(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  /** The next steps have no position for all: each member reads on by itself. */
  #dissolve(): void {
    const members = [...this.#members.keys()]
    this.#forget()
    for (const member of members) member.readOn()
  }

  #forget(): void {
    this.#members.clear()
    this.#reading = undefined
    this.#position = undefined
  }
}

/** Lets everything go first that the event loop has for its next turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

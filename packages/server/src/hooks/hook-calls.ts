import { background } from '@caughtup/schema/clock'
import type { OwedCall } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { repeat } from '../runs/repeat.ts'
import type { Watchers } from '../streams/watchers.ts'
import { HookAttempt } from './hook-attempt.ts'
import { SilentProcesses } from './silent-processes.ts'

/** How many calls are made at a time. */
const most = 16
/** Delays after failed attempts, in ms: each is twice the one before. */
const firstDelay = 1_000
const lastDelay = 60_000
/** Checks for calls that dead processes left, per lease: as often as for their runs. */
const checksPerLease = 3

/**
 * Makes the calls of hooks that commits owe: those of this process at once, and those of dead
 * processes within two leases. A call is removed once it was made.
 */
export class HookCalls {
  readonly #settings: Settings
  readonly #attempts: HookAttempt
  readonly #silent: SilentProcesses
  readonly #stopped = new AbortController()
  /** By the event's id, until their outcomes are written. */
  readonly #running = new Map<string, Promise<void>>()
  /** Writes of outcomes that failed. Until they succeed, these calls count as running. */
  readonly #unwritten = new Map<string, () => Promise<void>>()
  #stopListening: (() => void) | undefined
  /** Set while it looks for calls that are due. */
  #looking: Promise<void> | undefined
  #looksAgain = false
  #cancelTimer: (() => void) | undefined

  constructor(settings: Settings, watchers: Watchers) {
    this.#settings = settings
    this.#attempts = new HookAttempt(settings, watchers, this.#stopped.signal)
    this.#silent = new SilentProcesses(settings)
  }

  /** From now on, commits owe calls. Does nothing if it was called before, or after `close`. */
  start(): void {
    if (this.#stopListening || this.#stopped.signal.aborted) return
    const { store, lease } = this.#settings
    this.#stopListening = store.hooks.listen(() => void this.#look())
    const rhythm = {
      clock: background(store.clock),
      ms: lease / checksPerLease,
      signal: this.#stopped.signal,
    }
    const log = this.#logged('looking for calls of hooks')
    repeat(rhythm, (late) => this.#check(late).catch(log)).catch(log)
  }

  /** Completes what is owed now, until `late` resolves. What is left then is for the next process. */
  async close(late: Promise<unknown>): Promise<void> {
    if (this.#stopListening) await Promise.race([this.#complete(), late])
    this.#stopped.abort()
    this.#stopListening?.()
    this.#cancelTimer?.()
  }

  async #complete(): Promise<void> {
    do {
      await this.#look()
      await Promise.all(this.#running.values())
    } while (this.#looking)
  }

  async #check(late: number): Promise<void> {
    await Promise.all([...this.#unwritten].map(([id, write]) => this.#write(id, write)))
    for (const process of await this.#silent.find(late))
      await this.#settings.store.hooks.take(process)
    await this.#look()
  }

  /** Makes the calls that are due; one look at a time. Never rejects. */
  #look(): Promise<void> {
    if (this.#stopped.signal.aborted) return Promise.resolve()
    this.#looksAgain = true
    this.#looking ??= this.#lookOn().catch(this.#logged('looking for calls of hooks'))
    return this.#looking
  }

  async #lookOn(): Promise<void> {
    const { store } = this.#settings
    try {
      while (this.#looksAgain) {
        this.#looksAgain = false
        // What runs now may be settled before the list arrives, and still be in it.
        const running = new Set(this.#running.keys())
        const calls = await store.hooks.list(most)
        const now = store.clock.now()
        for (const call of calls) {
          if (isDue(call, now) && !running.has(call.hook.id)) this.#begin(call)
        }
        this.#setTimer(calls.find((call) => !isDue(call, now))?.due)
      }
    } finally {
      // At once, so that no later look joins this one, which would not see what that is about.
      this.#looking = undefined
    }
  }

  #setTimer(due: number | undefined): void {
    this.#cancelTimer?.()
    if (due === undefined || this.#stopped.signal.aborted) return
    const { clock } = this.#settings.store
    this.#cancelTimer = background(clock).after(due - clock.now(), () => void this.#look())
  }

  #begin(call: OwedCall): void {
    if (this.#running.size >= most || this.#stopped.signal.aborted) return
    this.#running.set(call.hook.id, this.#make(call))
  }

  async #make({ hook, attempts }: OwedCall): Promise<void> {
    const { store, onError } = this.#settings
    const { id } = hook
    let write = () => store.hooks.settle(id)
    try {
      await this.#attempts.make(hook, attempts + 1)
    } catch (error) {
      // Closing aborts attempts. The call is still owed, as it was.
      if (this.#stopped.signal.aborted) return
      onError(error, `the hook of ${hook.kind} for run ${hook.runId}`)
      const due = store.clock.now() + Math.min(lastDelay, firstDelay * 2 ** attempts)
      write = () => store.hooks.postpone(id, due)
    }
    await this.#write(id, write)
  }

  /** Writes the outcome of a call, or leaves that to the next check. */
  async #write(id: string, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#unwritten.set(id, write)
      this.#logged('writing the outcome of a hook')(error)
      return
    }
    this.#unwritten.delete(id)
    this.#running.delete(id)
    void this.#look()
  }

  #logged(where: string): (error: unknown) => void {
    return (error) => {
      // The host may close the store while a call runs.
      if (!this.#stopped.signal.aborted) this.#settings.onError(error, where)
    }
  }
}

/** Also if the machine's clock was set back since. */
function isDue({ attempts, due }: OwedCall, now: number): boolean {
  return attempts === 0 || due <= now || due > now + lastDelay
}

import { CaughtupError } from '@caughtup/schema'
import { background, within } from '@caughtup/schema/clock'
import { isAwaited } from '@caughtup/schema/fold'
import type { OwedHook } from '@caughtup/store'

import type { RunWaitingEvent } from '../host/hooks.ts'
import type { Settings } from '../host/server-options.ts'
import type { Watchers } from '../streams/watchers.ts'

/** How long an attempt may take, in ms: longer than the time-outs of most HTTP servers. */
const timeLimit = 30_000

/** Makes single attempts at calls of hooks. */
export class HookAttempt {
  readonly #settings: Settings
  readonly #watchers: Watchers
  readonly #stopped: AbortSignal

  /** @param stopped - ends attempts that are under way */
  constructor(settings: Settings, watchers: Watchers, stopped: AbortSignal) {
    this.#settings = settings
    this.#watchers = watchers
    this.#stopped = stopped
  }

  /** Resolves when nothing is owed any more; rejects if the call has to be made again. */
  async make(hook: OwedHook, attempt: number): Promise<void> {
    const { store, hooks } = this.#settings
    const age = store.clock.now() - hook.at
    if (age > hooks.giveUpAfter) {
      this.#settings.onError(givenUp(hook, attempt - 1), 'a hook')
      return
    }
    const { sessionId } = hook
    const told = { ...hook, attempt, watching: await this.#watchers.watching(sessionId) }
    // A hook that this server does not have owes nothing.
    if (told.kind === 'run-ended') {
      if (hooks.runEnded) await this.#within((signal) => hooks.runEnded?.(told, signal))
    } else if (hooks.runWaiting) {
      const waiting = await this.#waiting(hook)
      if (waiting) await this.#within((signal) => hooks.runWaiting?.({ ...told, waiting }, signal))
    }
  }

  /** The tool calls that a run waits for now; `undefined` for a session that is deleted. */
  async #waiting({
    sessionId,
    runId,
    messageId,
  }: OwedHook): Promise<RunWaitingEvent['waiting'] | undefined> {
    try {
      const { head, open } = await this.#settings.store.head(sessionId)
      if (head.run?.id !== runId || head.run.status !== 'waiting') return []
      return open.find(({ id }) => id === messageId)?.parts.filter(isAwaited) ?? []
    } catch (error) {
      if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  async #within(call: (signal: AbortSignal) => Promise<void> | void): Promise<void> {
    const late = new AbortController()
    const signal = AbortSignal.any([late.signal, this.#stopped])
    const made = (async () => call(signal))()
    const outcome = await within(made, background(this.#settings.store.clock), timeLimit)
    if (outcome !== 'late') return
    const error = new Error(`The hook took longer than ${timeLimit / 1_000} s.`)
    late.abort(error)
    throw error
  }
}

function givenUp({ kind, runId, sessionId }: OwedHook, failed: number): Error {
  const words = failed === 0 ? 'was not called in time' : `failed ${failed} times`
  return new Error(
    `The hook of ${kind} for run ${runId} of session ${sessionId} ${words}: given up.`,
  )
}

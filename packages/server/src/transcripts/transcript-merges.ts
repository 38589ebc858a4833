import { CaughtupError, type Unmerged } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { background, within } from '@caughtup/schema/clock'

import type { Settings } from '../host/server-options.ts'
import type { ResolvedTranscript, TranscriptContext } from '../host/transcript.ts'
import { MergeSlots } from './merge-slots.ts'
import { stateKey } from './state-key.ts'

/** How many merges run at once: each may hold a whole transcript. */
const most = 16
/**
 * How many functions of the host may run at once, with those that run on after their time: each may hold
 * a whole transcript, too.
 */
const mostAsked = 256
/** Of how many sessions the merged state is kept. A session beyond that is read once more. */
const mostStates = 10_000

/** What was merged last, and what of it could not be. */
interface Merged {
  journal: string
  key: string
  unmerged: Unmerged | undefined
}

/** The merges of a session: the one under way, and the one that callers who came meanwhile wait for. */
interface Turn {
  now: Promise<Unmerged | undefined>
  next?: Promise<Unmerged | undefined>
}

/**
 * Merges the host's transcripts into their sessions. Nothing here is needed for a merge to be right:
 * the store adds each row once, whichever process merges, and however often.
 */
export class TranscriptMerges {
  readonly #settings: Settings
  readonly #closing: AbortSignal
  readonly #slots = new MergeSlots(most)
  readonly #turns = new Map<string, Turn>()
  /** Sessions for which a function of the host runs. */
  readonly #asking = new Set<string>()
  /** By session, the one merged longest ago first. */
  readonly #merged = new Map<string, Merged>()

  /** @param closing - aborted when the server closes */
  constructor(settings: Settings, closing: AbortSignal) {
    this.#settings = settings
    this.#closing = closing
  }

  /**
   * Waits, for `timeout` at most, until the session has what its transcript has at this moment. Returns
   * why it may not.
   *
   * @throws the signal's reason, nothing else
   */
  async merge(sessionId: string, signal?: AbortSignal): Promise<Unmerged | undefined> {
    const { transcript, store } = this.#settings
    if (!transcript) return undefined
    const merging = within(this.#join(sessionId), background(store.clock), transcript.timeout)
    const outcome = await abortable(merging, signal)
    return outcome === 'late' ? 'failed' : outcome.value
  }

  /** The same, unless a run is active: then the merge comes after it. */
  async mergeIfIdle(sessionId: string): Promise<void> {
    if (!this.#settings.transcript) return
    const { head } = await this.#settings.store.head(sessionId)
    if (!head.run) await this.merge(sessionId)
  }

  /** A merge that is under way may have read the transcript already, so it is not joined. */
  #join(sessionId: string): Turn['now'] {
    const turn = this.#turns.get(sessionId)
    if (!turn) return this.#begin(sessionId)
    return (turn.next ??= turn.now.then(() => this.#begin(sessionId)))
  }

  #begin(sessionId: string): Turn['now'] {
    const turn: Turn = { now: this.#attempt(sessionId) }
    this.#turns.set(sessionId, turn)
    void turn.now.then(() => {
      if (!turn.next) this.#turns.delete(sessionId)
    })
    return turn.now
  }

  /** Never rejects. */
  async #attempt(sessionId: string): Promise<Unmerged | undefined> {
    const { transcript, store, onError } = this.#settings
    if (!transcript || this.#closing.aborted) return undefined
    // It was reported when it took too long.
    if (this.#asking.has(sessionId)) return 'failed'
    const late = new AbortController()
    const cancel = background(store.clock).after(transcript.timeout, () => {
      late.abort(tookTooLong(sessionId, transcript.timeout))
      onError(late.signal.reason, 'merging a transcript')
    })
    const signal = AbortSignal.any([late.signal, this.#closing])
    try {
      return await this.#work(transcript, { sessionId, signal })
    } catch (error) {
      if (error instanceof CaughtupError) {
        if (error.code === 'NOT_FOUND') return undefined
        if (error.data.reason === 'run-active') return 'run-active'
      }
      if (!signal.aborted) onError(error, 'merging a transcript')
      return 'failed'
    } finally {
      cancel()
    }
  }

  async #work(
    { probe, read }: ResolvedTranscript,
    context: TranscriptContext,
  ): Promise<Unmerged | undefined> {
    const { store } = this.#settings
    const { sessionId, signal } = context
    const release = await this.#slots.take(signal)
    try {
      const { head, cursor } = await store.head(sessionId, { signal })
      // Before the rows are read, so that what is appended meanwhile makes the next state another one.
      const state = probe && (await this.#ask(context, probe))
      if (probe && state === undefined) return undefined
      const key = state === undefined ? undefined : stateKey(state)
      const merged = this.#merged.get(sessionId)
      // Another session may have this id by now.
      if (merged?.journal === cursor.journal && merged.key === key) return merged.unmerged
      if (head.run) return 'run-active'
      const rows = (await this.#ask(context, read)) ?? []
      const unmerged = await this.#add(sessionId, rows)
      if (key !== undefined) this.#remember(sessionId, { journal: cursor.journal, key, unmerged })
      return unmerged
    } finally {
      release()
    }
  }

  /**
   * Calls a function of the host, and waits for it until the signal.
   *
   * @throws CaughtupError `UNAVAILABLE` while too many of them do not return
   */
  #ask<T>(
    { sessionId, signal }: TranscriptContext,
    ask: (context: TranscriptContext) => T | Promise<T>,
  ): Promise<T> {
    if (this.#asking.size >= mostAsked) throw stuck()
    this.#asking.add(sessionId)
    const asked = (async () => {
      try {
        return await ask({ sessionId, signal })
      } finally {
        this.#asking.delete(sessionId)
      }
    })()
    return abortable(asked, signal)
  }

  /**
   * Adds the rows that the session lacks, and reports those that cannot be messages. A long transcript
   * may take longer than readers wait: they get what is there, and the rest as it comes.
   */
  async #add(
    sessionId: string,
    rows: Parameters<Settings['store']['reconcile']>[1],
  ): Promise<Unmerged | undefined> {
    const { store, onError } = this.#settings
    let bad = 0
    let first: CaughtupError | undefined
    const onBadRow = (error: CaughtupError) => {
      bad++
      first ??= error
    }
    await store.reconcile(sessionId, rows, { recency: 'newest', onBadRow, signal: this.#closing })
    if (!first) return undefined
    const words = `${bad} of ${rows.length} rows of the transcript of session ${sessionId} cannot be messages.`
    onError(
      new CaughtupError(first.code, `${words} The first: ${first.message}`, first.data, {
        cause: first,
      }),
      'merging a transcript',
    )
    return 'failed'
  }

  #remember(sessionId: string, merged: Merged): void {
    this.#merged.delete(sessionId)
    this.#merged.set(sessionId, merged)
    const [oldest] = this.#merged.keys()
    if (this.#merged.size > mostStates && oldest !== undefined) this.#merged.delete(oldest)
  }
}

function stuck(): CaughtupError {
  return new CaughtupError(
    'UNAVAILABLE',
    `${mostAsked} calls of \`transcript.probe\` or \`transcript.read\` have not returned; no more are made until one does.`,
  )
}

function tookTooLong(sessionId: string, timeout: number): Error {
  return new Error(
    `The merge of session ${sessionId} took longer than ${timeout} ms (transcript.timeout).`,
  )
}

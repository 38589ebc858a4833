import type { EventDraft, Limits, MessageDraft } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { AppendWaiting, Waiting } from '../base/waiting.ts'
import type { Coalescer } from '../commit/coalescer.ts'
import { MessageWriter, type WriterTarget } from '../compose/message-writer.ts'
import type { MessageUpdater } from '../compose/whole-state/message-updater.ts'
import { importRows } from '../import/import-rows.ts'
import type { ImportedRow } from '../import/imported-row.ts'
import type { Reconciled, ReconcileOptions } from '../import/reconciled.ts'
import { assertIds, assertInput } from '../input/assert-input.ts'
import { durationOrInfinite } from '../input/kinds.ts'
import { assertSlice } from '../input/assert-slice.ts'
import type { Guard, SliceResult } from '../port/commit.ts'
import { StorageError } from '../port/storage-error.ts'
import type { Storage } from '../port/storage.ts'
import { isAbout, type Reads } from './reads.ts'
import { rollUp } from './usage-ledger.ts'

export interface WritesOptions {
  storage: Storage
  clock: Clock
  limits: Readonly<Limits>
  coalescer: Coalescer
  updater: MessageUpdater
  reads: Reads
}

/** The calls that write, and those that wait for writes. */
export class Writes {
  readonly #options: WritesOptions

  constructor(options: WritesOptions) {
    this.#options = options
  }

  /**
   * Commits events of one session together, after everything that the session has waiting. The
   * result says whether the session's state allowed it. A change of history (see `HistoryDraft`) must
   * be the first draft, and only one is allowed.
   *
   * @throws CaughtupError `BAD_INPUT` for drafts that cannot be stored (`not-first` for a change of
   *   history behind another draft); `UNAVAILABLE` when closed, and with `retryAfter` when the
   *   database accepted nothing for `maxWaitMs`: the change is then withdrawn and never written
   */
  readonly append = async (
    slice: { sessionId: string; drafts: readonly EventDraft[]; guard?: Guard },
    { signal, maxWaitMs = this.#options.coalescer.maxWaitMs }: AppendWaiting = {},
  ): Promise<SliceResult> => {
    assertSlice(slice)
    assertInput('maxWaitMs', maxWaitMs, durationOrInfinite)
    return this.#options.coalescer.append(slice, { signal, maxWaitMs })
  }

  /**
   * Waits for an outcome of the database, for a caller who must have an answer.
   *
   * @throws CaughtupError `UNAVAILABLE` after `flush.maxWaitMs`; the work itself continues
   */
  readonly answered = <T>(outcome: Promise<T>): Promise<T> =>
    this.#options.coalescer.answered(outcome)

  /** The writer of an open message; see {@link MessageWriter}. */
  readonly writer = (target: WriterTarget): MessageWriter => {
    const { coalescer, limits } = this.#options
    return new MessageWriter(target, coalescer, limits)
  }

  /** Writes what is new in a whole state of a message; see `MessageUpdater.update`. */
  readonly update = (
    sessionId: string,
    message: MessageDraft,
    { signal }: Waiting = {},
  ): Promise<void> => this.#options.updater.update(sessionId, message, signal)

  /**
   * Imports a transcript that was written elsewhere: rows that the session does not have yet are added
   * at its end, in their order. Messages of the session are not changed, the same transcript again
   * adds nothing, and removed messages stay removed. `rows` is the transcript from its beginning, at
   * most 100,000 rows. Every 500 rows are a commit of their own, between which others write; a call
   * that ends early leaves the rows until then, and a repeat continues behind them.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`run-active`), `TOO_LARGE`, `BAD_INPUT`
   */
  readonly reconcile = async (
    sessionId: string,
    rows: readonly ImportedRow[],
    options: ReconcileOptions = {},
  ): Promise<Reconciled> => {
    assertIds({ sessionId })
    const { storage, limits, clock } = this.#options
    return importRows({ storage, limits, clock, append: this.append }, sessionId, rows, options)
  }

  /**
   * Adds a finished child session's usage to its parent's ledger, once, however often it is called.
   * Returns whether this call added it.
   *
   * @throws CaughtupError `NOT_FOUND` for either; `BAD_INPUT` for a session as its own child
   */
  readonly rollUpUsage = (
    sessions: { from: string; into: string },
    waiting?: Waiting,
  ): Promise<boolean> => {
    const { reads, storage } = this.#options
    return rollUp(sessions, {
      // A child is counted once: nothing of it may be missing.
      head: (id) => reads.flushed(id, waiting).then(() => storage.state(id)),
      append: (slice) => this.append(slice, waiting),
    })
  }

  /**
   * Writes a consistent copy of the database to a new file, while calls continue.
   *
   * @throws StorageError `io` for a file that exists and for an engine without files; the kind of the
   *   failure, else `io`, for a copy that failed
   */
  readonly backup = async (path: string, { signal }: Waiting = {}): Promise<void> => {
    assertIds({ path })
    const { coalescer, storage } = this.#options
    await coalescer.settle(() => true, signal)
    if (!storage.backup) {
      throw new StorageError('io', 'This database has no file to copy.')
    }
    await storage.backup(path, signal)
  }

  /** Commits what one message has buffered, however long that takes. */
  readonly flush = (messageId: string, { signal }: Waiting = {}): Promise<void> =>
    this.#options.coalescer.flush(isAbout(messageId), signal)

  /** Commits what one session has buffered. */
  readonly flushSession = async (sessionId: string, { signal }: Waiting = {}): Promise<void> => {
    assertIds({ sessionId })
    return this.#options.coalescer.flush((slice) => slice.sessionId === sessionId, signal)
  }

  /** Commits everything that is buffered. */
  readonly flushAll = ({ signal }: Waiting = {}): Promise<void> =>
    this.#options.coalescer.flush(() => true, signal)
}

import { preview } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

/**
 * Another system that appends to the conversations, such as the transcript file of a command-line agent
 * or a ticket system. What it appended is merged into a session before its window is read (`onChat` in
 * the modes `full` and `since`, the first page of `history.loadMore`), before a run starts, so that the
 * agent gets it, and after a run has ended, because nothing is merged during one. A retry and a resend
 * keep the context of the answer before.
 *
 * The merge is that of `store.reconcile`: rows are only added, at the end, each one once, by any number
 * of processes; what was edited, undone or removed here stays as it is. A row whose id is that of a
 * message of the session is that message, so give the messages that this server wrote into the other
 * system their own ids there, or leave them out.
 *
 * If a function throws or takes too long, or rows are refused, reads and runs go on with what the session
 * has, their clients are told (`unmerged`), and `onError` gets the error. A row that cannot be a message
 * is left out alone. At most 16 merges run at once, and one of each session, which all callers that come
 * before it begins share.
 */
export interface TranscriptOptions {
  /**
   * Names the state of a session's transcript, cheaply: its size and time, a revision. `read` is called
   * if that differs from the last state that was merged here. `undefined`: the session has none.
   * @default `read` is called each time
   */
  probe?: (
    context: TranscriptContext,
  ) => TranscriptState | undefined | Promise<TranscriptState | undefined>
  /** The whole transcript of a session, in its order; `undefined` is the same as no rows. */
  read: (
    context: TranscriptContext,
  ) => readonly ImportedRow[] | undefined | Promise<readonly ImportedRow[] | undefined>
  /**
   * How long a read or a run waits for a merge, in ms; at most 60000. Rows that were read by then are
   * still added. A function that runs on afterwards is not called again for its session until it has
   * returned; while 256 of them run on, none is called.
   * @default 5000
   */
  timeout?: number
}

/** Equal states must mean equal transcripts. */
export type TranscriptState =
  | string
  | number
  | Readonly<Record<string, string | number | undefined>>

export interface TranscriptContext {
  sessionId: string
  /** Aborted after `timeout` and when the server closes; what is returned after that is dropped. */
  signal: AbortSignal
}

export type ResolvedTranscript = TranscriptOptions & Required<Pick<TranscriptOptions, 'timeout'>>

const transcriptDefaults = { timeout: 5_000 } satisfies Partial<TranscriptOptions>

/** A reader that waits longer would take the session for broken. */
const longestTimeout = 60_000

/** @throws TypeError if an option is missing or has the wrong type */
export function resolveTranscript(transcript: TranscriptOptions): ResolvedTranscript {
  const { probe, read, timeout = transcriptDefaults.timeout } = transcript
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= longestTimeout)) {
    throw new TypeError(
      `createChatServer: \`transcript.timeout\` must be a number above 0 and at most ${longestTimeout}, not ${preview(timeout)}.`,
    )
  }
  for (const [name, value] of Object.entries({ read, ...(probe !== undefined && { probe }) })) {
    if (typeof value === 'function') continue
    throw new TypeError(
      `createChatServer: \`transcript.${name}\` must be a function, not ${preview(value)}.`,
    )
  }
  return { ...transcript, timeout }
}

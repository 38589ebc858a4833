import type { Message } from '@caughtup/schema'

import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionObserver, SessionView } from '../session/session-view.ts'

/** Where a session has an answer, or will have it. */
export interface AnswerPlace {
  readonly find: (snapshot: Pick<SessionSnapshot, 'messages'>) => Message | undefined
  /** Whether none will come, in a snapshot that is not stale and has none. */
  readonly isOver: (snapshot: SessionSnapshot) => boolean
}

/** The answer to a prompt that was sent. It is `pending` until the session has it. */
export function answerTo(promptId: string, runId: string): AnswerPlace {
  return {
    find({ messages }) {
      const prompt = messages.findLastIndex(({ id }) => id === promptId)
      return messages.find(
        ({ role }, index) => role === 'assistant' && index > prompt && prompt >= 0,
      )
    },
    isOver: (snapshot) =>
      snapshot.pending.every(({ messageId }) => messageId !== promptId) &&
      !isAhead(snapshot, runId),
  }
}

/** The answer that is written, or that waits. */
export function answerOfRun(runId: string): AnswerPlace {
  return {
    find: ({ messages }) =>
      messages.findLast(({ role, metadata }) => role === 'assistant' && metadata.runId === runId),
    isOver: (snapshot) => !isAhead(snapshot, runId),
  }
}

export function answerWithId(messageId: string): AnswerPlace {
  return {
    find: ({ messages }) => messages.findLast(({ id }) => id === messageId),
    isOver: () => true,
  }
}

/**
 * An answer in place of another one: to the same prompt, or to one in its place. The view hears of its run
 * later than of the answer to the call, and its snapshots are behind what it heard.
 */
export function answerAnew(
  { find }: Pick<AnswerPlace, 'find'>,
  runId: string,
  heard: HeardRuns,
): AnswerPlace {
  return { find, isOver: () => heard.isOver(runId) && !heard.shows(find) }
}

/** The runs that a view has heard of since. */
export class HeardRuns {
  readonly #runs = new Set<string>()
  readonly #view: SessionView
  /** A replay tells of all runs that were there when it began. */
  #replayed = false

  constructor(view: SessionView) {
    this.#view = view
    view.observers.add(this.#observe)
  }

  isOver(runId: string): boolean {
    const { view, caughtUp } = this.#view.state
    return caughtUp && (this.#replayed || this.#runs.has(runId)) && !isAhead(view, runId)
  }

  shows(find: AnswerPlace['find']): boolean {
    return find(this.#view.state.view) !== undefined
  }

  stop(): void {
    this.#view.observers.delete(this.#observe)
  }

  readonly #observe: SessionObserver = (frame) => {
    if (frame.type === 'replay') this.#replayed = true
    if (frame.type !== 'events') return
    for (const event of frame.events) {
      if (event.runId !== undefined) this.#runs.add(event.runId)
      if (event.type === 'queue-changed' && event.remove !== undefined) this.#runs.add(event.remove)
    }
  }
}

function isAhead({ run, queue }: Pick<SessionSnapshot, 'run' | 'queue'>, runId: string): boolean {
  return run?.id === runId || queue.some((queued) => queued.runId === runId)
}

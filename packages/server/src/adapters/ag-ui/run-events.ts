import { CaughtupError, type Message, type Part } from '@caughtup/schema'
import { applyEvent, emptyView, isAwaited, type View } from '@caughtup/schema/fold'
import type { Store, Window } from '@caughtup/store'

import { sessionNotFound } from '../../errors/call-errors.ts'
import type { AgUiEvent, Interrupt, Outcome } from './ag-ui-event.ts'
import { ownPlace, placesOf } from './message-places.ts'
import { closingEvents, dataEvent, isClosed, partEvents, statePart } from './part-events.ts'
import { closed, toAgUiMessages } from './to-ag-ui-messages.ts'

export interface FollowedRun {
  store: Pick<Store, 'window' | 'follow'>
  sessionId: string
  /** As the client named them. */
  threadId: string
  clientRunId: string
  /** The run to follow; without one there is nothing to come. */
  runId: string | undefined
  /** What the client's request did is in the journal up to this `seq`. */
  until: number
  /** The session to begin with. */
  window: Window
  /** Whether the client is told the messages until then: it may not know them. */
  withHistory: boolean
  signal: AbortSignal
}

/** A run as a client of AG-UI sees it: until it ends, or waits for answers. */
export class RunEvents {
  readonly #run: FollowedRun
  #view: View
  /** The parts of answers that the client knows. */
  readonly #told = new Map<string, (Part | undefined)[]>()

  constructor(run: FollowedRun) {
    this.#run = run
    this.#view = viewOf(run.window)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AgUiEvent, void, undefined> {
    const { threadId, clientRunId: runId, withHistory, signal } = this.#run
    yield { type: 'RUN_STARTED', threadId, runId }
    if (withHistory) yield* this.#history()
    else for (const { id, parts } of this.#view.messages) this.#told.set(id, [...parts])
    try {
      yield* this.#follow()
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error
      // Nobody reads it any more.
      if (!(error instanceof CaughtupError)) return
      // The client takes an answer that merely ends for a whole one.
      yield { type: 'RUN_ERROR', message: error.message, code: error.code }
    }
  }

  async *#follow(): AsyncGenerator<AgUiEvent, void, undefined> {
    const { store, sessionId, signal } = this.#run
    let { cursor } = this.#run.window
    for (;;) {
      yield* this.#tellAll()
      if (this.#isOver()) return yield* this.#end()
      let isGap = false
      const { journal, seq, tag } = cursor
      for await (const { events } of store.follow(sessionId, seq, { signal, journal, tag })) {
        for (const event of events) {
          const { view, result } = applyEvent(this.#view, event)
          this.#view = view
          isGap ||= result === 'gap' || result === 'needs-window'
        }
        if (isGap) break
        yield* this.#tellAll()
        if (this.#isOver()) return yield* this.#end()
      }
      if (!isGap) throw sessionNotFound(sessionId)
      const window = await store.window(sessionId, { signal })
      this.#view = viewOf(window)
      cursor = window.cursor
    }
  }

  *#tellAll(): Generator<AgUiEvent, void, undefined> {
    for (const message of this.#answers()) yield* this.#tell(message)
  }

  *#tell(message: Pick<Message, 'id' | 'parts'>): Generator<AgUiEvent, void, undefined> {
    const { id, parts } = message
    const told = this.#told.get(id) ?? []
    this.#told.set(id, told)
    const places = placesOf(message)
    for (const [index, part] of parts.entries()) {
      const place = { message: places[index] ?? id, own: ownPlace(id, index) }
      const was = told[index]
      const events = partEvents(was, part, place)
      if (!events) return yield* this.#history()
      // What was told to be over stays so.
      if (!was || !isClosed(was) || isClosed(part)) told[index] = part
      yield* events
    }
  }

  /** All messages, and from now on what comes. What still grows is told from its beginning. */
  *#history(): Generator<AgUiEvent, void, undefined> {
    yield* this.#closeAll()
    const { run } = this.#view
    // Nothing grows while a run waits, also where an agent has not said that its text is over.
    const isStill = run?.status === 'waiting'
    const messages = isStill ? this.#view.messages.map(closed) : this.#view.messages
    yield { type: 'MESSAGES_SNAPSHOT', messages: toAgUiMessages(messages) }
    const state = messages.flatMap(({ parts }) => parts).findLast((part) => part.type === statePart)
    if (state?.type === statePart) yield dataEvent(state)
    this.#told.clear()
    for (const { id, parts } of messages) {
      this.#told.set(
        id,
        parts.map((part) => (isClosed(part) ? part : undefined)),
      )
    }
  }

  *#closeAll(): Generator<AgUiEvent, void, undefined> {
    for (const [id, told] of this.#told) {
      const parts = told.flatMap((part) => part ?? [])
      const places = placesOf({ id, parts })
      for (const [index, part] of told.entries()) {
        if (part)
          yield* closingEvents(part, { message: places[index] ?? id, own: ownPlace(id, index) })
      }
    }
  }

  #answers(): Message[] {
    const { runId } = this.#run
    if (runId === undefined) return []
    return this.#view.messages.filter(
      ({ role, metadata }) => role === 'assistant' && metadata.runId === runId,
    )
  }

  #isOver(): boolean {
    const { runId, until } = this.#run
    const { seq, run, queue } = this.#view
    if (seq < until) return false
    if (run?.id === runId && run !== undefined) return run.status === 'waiting'
    return !queue.some((queued) => queued.runId === runId)
  }

  *#end(): Generator<AgUiEvent, void, undefined> {
    yield* this.#closeAll()
    const { threadId, clientRunId: runId } = this.#run
    const failed = this.#error()
    if (failed) yield { type: 'RUN_ERROR', ...failed }
    else yield { type: 'RUN_FINISHED', threadId, runId, outcome: this.#outcome() }
  }

  #error(): { message: string; code: string } | undefined {
    const { runId } = this.#run
    if (runId === undefined || this.#view.run?.id === runId) return undefined
    const answer = this.#answers().at(-1)
    const { finishReason, error = answer ? undefined : this.#view.lastError } =
      answer?.metadata ?? {}
    if (error) return error
    if (finishReason !== 'error' && finishReason !== 'lost') return undefined
    return { code: finishReason, message: 'The answer was not completed.' }
  }

  #outcome(): Outcome {
    const { runId } = this.#run
    const answers = this.#answers()
    const awaited = answers.flatMap(({ parts }) => parts).filter(isAwaited)
    if (this.#view.run?.id !== runId || runId === undefined) {
      const isCut = answers.at(-1)?.metadata.finishReason === 'interrupted'
      return { type: isCut ? 'cancelled' : 'success' }
    }
    const interrupts = awaited.flatMap((call): Interrupt[] => {
      if (call.state !== 'approval-requested') return []
      const { toolCallId, toolName, approval } = call
      const message = approval.requestReason ?? `May ${toolName} be called?`
      return [{ id: approval.id, reason: 'tool_approval', toolCallId, message, responseSchema }]
    })
    if (interrupts.length > 0) return { type: 'interrupt', interrupts }
    return { type: 'success', pendingToolCallIds: awaited.map(({ toolCallId }) => toolCallId) }
  }
}

/** Of the answer to an approval. */
const responseSchema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
}

function viewOf({ head, messages, hasOlder }: Window): View {
  return { ...emptyView, ...head, messages, hasOlder }
}

import type {
  ChatFrame,
  EndReason,
  Event,
  Message,
  QueuedRun,
  Run,
  RunError,
} from '@caughtup/schema'
import { encodeCursor } from '@caughtup/schema/cursor'
import { historyChanges } from '@caughtup/schema/event'
import { protocolVersion } from '@caughtup/schema/protocol'
import {
  applyEvent,
  emptyView,
  headOf,
  isPlainText,
  mergeEvents,
  textFrameOf,
  type View,
} from '@caughtup/schema/fold'

/** A frame with its event id, as a server yields it. */
export interface SentFrame {
  frame: ChatFrame
  eventId?: string
}

type Body<E = Event> = E extends Event ? Omit<E, 'seq' | 'from' | 'epoch' | 'at'> : never

/** A session's journal that a test writes, and the frames that a server would send of it. */
export class Recording {
  readonly journal: string
  readonly events: Event[] = []
  #epoch = 0
  #order = 0
  /** The messages that each undo hid, the newest last. */
  #hidden: (readonly Message[])[] = []
  /** Messages that came without a `message-created`, by the seq of their event. */
  readonly #imported = new Map<number, readonly Message[]>()
  /** The orders of messages that came with a `message-created`. */
  readonly #orders = new Map<string, number>()

  constructor(journal = 'journal') {
    this.journal = journal
  }

  get head(): number {
    return this.events.length
  }

  append(body: Body): Event {
    if (body.type === 'boundary') this.#epoch += 1
    const seq = this.events.length + 1
    const event: Event = { ...body, seq, from: seq, epoch: this.#epoch, at: 1_000 + seq }
    this.events.push(event)
    return event
  }

  message(id: string, role: Message['role'], text?: string): Event {
    this.#hidden = []
    return this.append({ type: 'message-created', message: this.#message(id, role, text) })
  }

  open(messageId: string): Event {
    const value = { type: 'text', text: '', state: 'streaming' } as const
    return this.append({ type: 'message-delta', messageId, ops: [{ op: 'put', part: 0, value }] })
  }

  text(messageId: string, text: string): Event {
    return this.append({
      type: 'message-delta',
      messageId,
      ops: [{ op: 'append', part: 0, text }],
    })
  }

  /** Sets the host's metadata of an open message. */
  label(messageId: string, label: string): Event {
    const value = { label }
    return this.append({ type: 'message-delta', messageId, ops: [{ op: 'custom', value }] })
  }

  finish(messageId: string): Event {
    return this.append({ type: 'message-finished', messageId, reason: 'stop' })
  }

  start(runId: string, asked: Pick<Run, 'model' | 'thinkingLevel'> = {}): Event {
    const run = {
      id: runId,
      kind: 'agent',
      status: 'streaming',
      generation: 1,
      startedAt: 1,
      ...asked,
    } as const
    return this.append({ type: 'run-started', run, runId })
  }

  end(runId: string, error?: RunError): Event {
    const reason = error ? 'error' : 'stop'
    return this.append({ type: 'run-ended', runId, reason, ...(error && { error }) })
  }

  queue(add: QueuedRun): Event {
    return this.append({ type: 'queue-changed', add })
  }

  boundary(summary?: string): Event {
    this.#hidden = []
    const message: Message | undefined =
      summary === undefined
        ? undefined
        : {
            id: summary,
            order: ++this.#order,
            role: 'assistant',
            parts: [{ type: 'text', text: summary }],
            metadata: { createdAt: 1_000 },
            revision: this.events.length + 1,
            epoch: this.#epoch + 1,
            status: 'done',
          }
    return this.append({
      type: 'boundary',
      kind: message ? 'compaction' : 'reset',
      trigger: 'user',
      ...(message && { summary: message }),
    })
  }

  replace(messageId: string, text: string): Event {
    const message = this.viewAt().messages.find(({ id }) => id === messageId)
    if (!message) throw new Error(`${messageId} is not there`)
    const parts = [{ type: 'text' as const, text }]
    const revision = this.head + 1
    return this.append({ type: 'message-replaced', message: { ...message, parts, revision } })
  }

  delete(messageId: string): Event {
    return this.append({ type: 'message-deleted', messageId, ...this.#undoState() })
  }

  erase(...messageIds: string[]): Event {
    return this.append({
      type: 'message-erased',
      messageIds,
      count: messageIds.length,
      ...this.#undoState(),
    })
  }

  /** Truncates after an order. */
  truncate(after: number): Event {
    this.#hidden = []
    return this.#truncate(after)
  }

  /** Hides the newest turn. */
  undo(): Event {
    const { messages } = this.viewAt()
    const prompt = messages.findLast(({ role }) => role === 'user')
    const after = (prompt?.order ?? 1) - 1
    this.#hidden.push(messages.filter(({ order }) => order > after))
    return this.#truncate(after)
  }

  redo(): Event {
    const after = this.viewAt().messages.at(-1)?.order ?? 0
    const messages = [...(this.#hidden.pop() ?? [])]
    const place = { after, count: messages.length, hidden: 0 }
    return this.append({ type: 'history-restored', ...place, messages, ...this.#undoState() })
  }

  import(...ids: string[]): Event {
    // After a new message nothing can be redone.
    this.#hidden = []
    const first = this.#order + 1
    const messages = ids.map((id) => this.#message(id, 'user', id))
    this.#imported.set(this.head + 1, messages)
    const range = { count: ids.length, first, last: this.#order }
    return this.append({ type: 'imported', ...range, ...this.#undoState() })
  }

  /** The view of a client that saw everything up to `seq`. */
  viewAt(seq = this.head): View {
    return this.events.slice(0, seq).reduce((view, event) => {
      const imported = this.#imported.get(event.seq)
      if (!imported) return applyEvent(view, event).view
      const messages = [...view.messages, ...imported]
      return { ...view, seq: event.seq, messages, canUndo: true, canRedo: false, next: 0 }
    }, emptyView)
  }

  cursor(seq = this.head): string {
    return encodeCursor({ journal: this.journal, seq, tag: seq === 0 ? '' : `t${seq}` })
  }

  replay(mode: 'full' | 'since', epoch = this.viewAt().epoch): SentFrame {
    return { frame: { type: 'replay', protocol: protocolVersion, mode, epoch } }
  }

  /** The window at `seq`, of at most `cap` messages. */
  messages(seq = this.head, cap = Infinity): SentFrame {
    return { frame: { type: 'messages', messages: this.viewAt(seq).messages.slice(-cap) } }
  }

  /** The events after `after` up to `upTo`, in one frame. */
  batch(after: number, upTo = this.head, { merged = true, id = true } = {}): SentFrame {
    const events = this.events.slice(after, upTo)
    return {
      frame: { type: 'events', events: merged ? mergeEvents(events) : events },
      ...(id && { eventId: this.cursor(upTo) }),
    }
  }

  /** The same as a live stream has them: a `text` frame if all that they do is append text. */
  live(after: number, upTo = this.head): SentFrame {
    const [event, ...others] = mergeEvents(this.events.slice(after, upTo))
    if (!event || others.length > 0 || !isPlainText(event)) return this.batch(after, upTo)
    const order = this.#orders.get(event.messageId)
    if (order === undefined) throw new Error(`${event.messageId} was never created`)
    return { frame: textFrameOf(event, order), eventId: this.cursor(upTo) }
  }

  caughtUp(mode: 'full' | 'since', seq = this.head, cap = Infinity): SentFrame {
    const { hasOlder, messages, ...view } = this.viewAt(seq)
    const { seq: _, queue, ...head } = headOf(view)
    const cursor = this.cursor(seq)
    return {
      frame: {
        type: 'caught-up',
        mode,
        cursor,
        ...head,
        hasOlder: hasOlder || messages.length > cap,
        queue: [...queue],
      },
      eventId: cursor,
    }
  }

  /** A whole replay: `full` up to `upTo`, or since `after`. */
  full(upTo = this.head, cap = Infinity): SentFrame[] {
    return [
      this.replay('full', this.viewAt(upTo).epoch),
      this.messages(upTo, cap),
      this.caughtUp('full', upTo, cap),
    ]
  }

  /** A replay for a client with a cursor at `after` that fell too far behind. */
  tooFarBehind(after: number, cap: number, upTo = this.head): SentFrame[] {
    const [begin, window, end] = this.full(upTo, cap)
    const missed = this.events.slice(after, upTo)
    const isChanged = missed.some(({ type }) => historyChanges.includes(type))
    const unchanged = isChanged ? {} : { unchangedSince: this.cursor(after) }
    if (begin?.frame.type !== 'replay' || end?.frame.type !== 'caught-up' || !window) return []
    return [
      { frame: { ...begin.frame, reason: 'too-far-behind' } },
      window,
      { ...end, frame: { ...end.frame, ...unchanged } },
    ]
  }

  since(after: number, upTo = this.head): SentFrame[] {
    return [
      this.replay('since', this.viewAt(upTo).epoch),
      ...(after < upTo ? [this.batch(after, upTo)] : []),
      this.caughtUp('since', upTo),
    ]
  }

  #message(id: string, role: Message['role'], text: string | undefined): Message {
    const order = ++this.#order
    this.#orders.set(id, order)
    return {
      id,
      order,
      role,
      parts: text === undefined ? [] : [{ type: 'text', text }],
      metadata: { createdAt: 1_000 },
      revision: this.events.length + 1,
      epoch: this.#epoch,
      status: text === undefined ? 'open' : 'done',
    }
  }

  #truncate(after: number): Event {
    const { messages } = this.viewAt()
    const count = messages.filter(({ order }) => order > after).length
    const canUndo = messages.some(({ role, order }) => role === 'user' && order <= after)
    return this.append({ type: 'history-truncated', after, count, ...this.#undoState(), canUndo })
  }

  #undoState() {
    const next = this.#hidden.length
    return { canUndo: true, canRedo: next > 0, next }
  }
}

/** seq 1 run · 2 question · 3 answer · 4–6 text · 7 finished · 8 run ended */
export function answered(): Recording {
  const recording = new Recording()
  recording.start('run')
  recording.message('question', 'user', 'Hi')
  recording.message('answer', 'assistant')
  recording.open('answer')
  recording.text('answer', 'Hel')
  recording.text('answer', 'lo')
  recording.finish('answer')
  recording.end('run')
  return recording
}

export const end = (reason: EndReason): SentFrame => ({
  frame: { type: 'end', reason },
})

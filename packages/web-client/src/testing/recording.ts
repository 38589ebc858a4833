import type { ChatFrame, Event, Message, QueuedRun } from '@caughtup/schema'
import { encodeCursor } from '@caughtup/schema/cursor'
import { applyEvent, emptyView, mergeEvents, type View } from '@caughtup/schema/fold'

/** A frame with its event id, as a server yields it. */
export interface SentFrame {
  frame: ChatFrame
  eventId?: string
}

type Body<E = Event> = E extends Event ? Omit<E, 'seq' | 'from' | 'epoch' | 'at'> : never

/** A session's journal as a test writes it, and the frames that a server would make of it. */
export class Recording {
  readonly journal: string
  readonly events: Event[] = []
  #epoch = 0
  #order = 0

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
    const message: Message = {
      id,
      order: ++this.#order,
      role,
      parts: text === undefined ? [] : [{ type: 'text', text }],
      metadata: { createdAt: 1_000 },
      revision: this.events.length + 1,
      epoch: this.#epoch,
      status: text === undefined ? 'open' : 'done',
    }
    return this.append({ type: 'message-created', message })
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

  finish(messageId: string): Event {
    return this.append({ type: 'message-finished', messageId, reason: 'stop' })
  }

  start(runId: string): Event {
    const run = {
      id: runId,
      kind: 'agent',
      status: 'streaming',
      generation: 1,
      startedAt: 1,
    } as const
    return this.append({ type: 'run-started', run, runId })
  }

  end(runId: string): Event {
    return this.append({ type: 'run-ended', runId, reason: 'stop' })
  }

  queue(queue: QueuedRun[]): Event {
    return this.append({ type: 'queue-changed', queue })
  }

  boundary(summary?: string): Event {
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

  /** What a client that saw everything up to `seq` shows. */
  viewAt(seq = this.head): View {
    return this.events
      .slice(0, seq)
      .reduce((view, event) => applyEvent(view, event).view, emptyView)
  }

  cursor(seq = this.head): string {
    return encodeCursor({ journal: this.journal, seq, tag: seq === 0 ? '' : `t${seq}` })
  }

  replay(mode: 'full' | 'since', epoch = this.viewAt().epoch): SentFrame {
    return { frame: { type: 'replay', mode, epoch } }
  }

  messages(seq = this.head): SentFrame {
    return { frame: { type: 'messages', messages: [...this.viewAt(seq).messages] } }
  }

  /** The events after `after` up to `upTo`, in one frame. */
  batch(after: number, upTo = this.head, { merged = true, id = true } = {}): SentFrame {
    const events = this.events.slice(after, upTo)
    return {
      frame: { type: 'events', events: merged ? mergeEvents(events) : events },
      ...(id && { eventId: this.cursor(upTo) }),
    }
  }

  caughtUp(mode: 'full' | 'since', seq = this.head): SentFrame {
    const { epoch, run, queue, hasOlder } = this.viewAt(seq)
    const cursor = this.cursor(seq)
    return {
      frame: {
        type: 'caught-up',
        mode,
        cursor,
        epoch,
        hasOlder,
        ...(run && { run }),
        queue: [...queue],
        canUndo: false,
        canRedo: false,
      },
      eventId: cursor,
    }
  }

  /** A whole replay: `full` up to `upTo`, or what lies after `after`. */
  full(upTo = this.head): SentFrame[] {
    return [
      this.replay('full', this.viewAt(upTo).epoch),
      this.messages(upTo),
      this.caughtUp('full', upTo),
    ]
  }

  since(after: number, upTo = this.head): SentFrame[] {
    return [
      this.replay('since', this.viewAt(upTo).epoch),
      ...(after < upTo ? [this.batch(after, upTo)] : []),
      this.caughtUp('since', upTo),
    ]
  }
}

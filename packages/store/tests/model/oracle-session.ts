import type {
  ContextUsage,
  Message,
  MessageMetadata,
  Part,
  QueuedRun,
  Usage,
} from '@caughtup/schema'

import type { Refusal } from '../../src/port/commit.ts'

/** A message without its revision, which only the journal knows. */
export type OracleMessage = Omit<Message, 'revision'>

/** The outcome of a step: done, or the reason why it was refused. */
export type Expected = 'done' | Refusal

/**
 * The expected session in the simplest form: a list of messages that are changed in place. It knows
 * no journals, rows or folds.
 */
export class OracleSession {
  messages: OracleMessage[] = []
  /** The messages that each undo removed, newest last. */
  hidden: OracleMessage[][] = []
  /** Every message id ever used, including those of removed messages. */
  ids = new Set<string>()
  epoch = 0
  lastOrder = 0
  /** Messages of the newest epoch that can be undone have a greater order. */
  epochStart = 0
  runId: string | undefined
  queue: QueuedRun[] = []
  usage: { version: number; totals: Usage; models?: Record<string, Usage> } | undefined
  /** Child sessions whose usage is counted. */
  children = new Set<string>()
  contextUsage: ContextUsage | undefined

  get canUndo(): boolean {
    return this.#lastPrompt() !== undefined
  }

  get canRedo(): boolean {
    return this.hidden.length > 0
  }

  find(messageId: string): OracleMessage | undefined {
    return this.messages.find(({ id }) => id === messageId)
  }

  create(message: Pick<OracleMessage, 'id' | 'role' | 'parts' | 'metadata' | 'status'>): Expected {
    if (this.ids.has(message.id)) return this.#idTaken(message.id)
    this.ids.add(message.id)
    this.hidden = []
    this.messages.push({ ...message, order: ++this.lastOrder, epoch: this.epoch })
    return 'done'
  }

  setParts(messageId: string, change: (parts: Part[]) => Part[]): void {
    this.messages = this.messages.map((message) =>
      message.id === messageId ? { ...message, parts: change([...message.parts]) } : message,
    )
  }

  finish(messageId: string, end: Omit<MessageMetadata, 'createdAt'>): void {
    this.contextUsage = end.contextUsage ?? this.contextUsage
    this.messages = this.messages.map((message) =>
      message.id === messageId
        ? {
            ...message,
            status: 'done',
            parts: message.parts.map(ended),
            metadata: { ...message.metadata, ...end },
          }
        : message,
    )
  }

  edit(messageId: string, parts: Part[]): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    if (this.find(messageId)?.epoch !== this.epoch) return 'message-missing'
    this.setParts(messageId, () => parts)
    return 'done'
  }

  delete(messageId: string): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const message = this.find(messageId)
    if (message?.epoch !== this.epoch || message.status === 'open') return 'message-missing'
    this.messages = this.messages.filter(({ id }) => id !== messageId)
    return 'done'
  }

  /** Erases a message of any epoch, even one that was removed or undone. */
  erase(messageId: string): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    if (!this.ids.has(messageId) || this.find(messageId)?.status === 'open')
      return 'message-missing'
    const others = (messages: OracleMessage[]) => messages.filter(({ id }) => id !== messageId)
    this.messages = others(this.messages)
    this.hidden = this.hidden.map(others).filter(({ length }) => length > 0)
    this.contextUsage = undefined
    return 'done'
  }

  /** Removes all messages after this one, or all of the epoch except its summary. */
  truncate(after: string | undefined): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const last = after === undefined ? undefined : this.find(after)
    if (after !== undefined && last?.epoch !== this.epoch) return 'message-missing'
    const order = last?.order ?? this.epochStart
    if (this.#isOpenAfter(order)) return 'message-open'
    this.messages = this.messages.filter((message) => message.order <= order)
    this.hidden = []
    return 'done'
  }

  undo(): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const prompt = this.#lastPrompt()
    if (!prompt) return 'nothing-to-undo'
    if (this.#isOpenAfter(prompt.order)) return 'message-open'
    this.hidden.push(this.messages.filter(({ order }) => order >= prompt.order))
    this.messages = this.messages.filter(({ order }) => order < prompt.order)
    return 'done'
  }

  redo(): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const restored = this.hidden.pop()
    if (!restored) return 'nothing-to-redo'
    this.messages = [...this.messages, ...restored].sort((a, b) => a.order - b.order)
    return 'done'
  }

  /** Adds usage, which has one field, to the ledger. */
  countUsage({ inputTokens = 0, outputTokens = 0 }: Usage, model?: string): void {
    const { version = 0, totals = {}, models } = this.usage ?? {}
    const sum = (a: Usage = {}): Usage => ({
      ...a,
      ...(inputTokens > 0 && { inputTokens: (a.inputTokens ?? 0) + inputTokens }),
      ...(outputTokens > 0 && { outputTokens: (a.outputTokens ?? 0) + outputTokens }),
    })
    this.usage = {
      version: version + 1,
      totals: sum(totals),
      ...(models && { models }),
      ...(model !== undefined && { models: { ...models, [model]: sum(models?.[model]) } }),
    }
  }

  boundary(summary?: Pick<OracleMessage, 'id' | 'role' | 'parts' | 'metadata' | 'status'>): void {
    this.epoch++
    this.hidden = []
    this.contextUsage = summary?.metadata.contextUsage
    if (summary) this.create(summary)
    this.epochStart = this.lastOrder
  }

  /** A fork with the messages up to `order`. */
  forkedAt(order: number): OracleSession {
    const fork = new OracleSession()
    fork.messages = this.messages.filter(
      (message) => message.order <= order && message.status === 'done',
    )
    fork.ids = new Set(fork.messages.map(({ id }) => id))
    const last = fork.messages.at(-1)
    fork.epoch = last?.epoch ?? 0
    fork.lastOrder = last?.order ?? 0
    const [first] = fork.messages.filter(({ epoch }) => epoch === fork.epoch)
    const isSummary = first?.metadata.boundary !== undefined
    fork.epochStart = isSummary ? first.order : (first?.order ?? 1) - 1
    // A fork looks back at most ten messages for it.
    const newest = fork.messages.slice(-10).filter(({ epoch }) => epoch === fork.epoch)
    fork.contextUsage = newest.findLast(
      ({ metadata }) => metadata.contextUsage,
    )?.metadata.contextUsage
    return fork
  }

  #lastPrompt(): OracleMessage | undefined {
    return this.messages.findLast(({ role, order }) => role === 'user' && order > this.epochStart)
  }

  #isOpenAfter(order: number): boolean {
    return this.messages.some((message) => message.order > order && message.status === 'open')
  }

  #idTaken(messageId: string): Expected {
    const isThere = [...this.messages, ...this.hidden.flat()].some(({ id }) => id === messageId)
    return isThere ? 'message-exists' : 'message-gone'
  }
}

/** Ends a part of a finished message. */
function ended(part: Part): Part {
  const streaming =
    (part.type === 'text' || part.type === 'reasoning') && part.state === 'streaming'
  return streaming ? { ...part, state: 'done' } : part
}

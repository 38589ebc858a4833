import type { ContextUsage, MessageMetadata, Part, QueuedRun, Usage } from '@caughtup/schema'

import type { Refusal } from '../../../src/port/commit.ts'
import { ended, OracleRuns } from './oracle-runs.ts'
import {
  chainFrom,
  idsIn,
  isOpenIn,
  type Node,
  type OracleMessage,
  type Place,
  removeFrom,
} from './version-tree.ts'

export type MessageContent = Pick<OracleMessage, 'parts' | 'metadata'>

/** The outcome of a step: done, or the reason why it was refused. */
export type Expected = 'done' | Refusal

/** How often versions were chosen, restored, dropped, and marked by a removal; and what runs did. */
export const nothingSeen = {
  chosen: 0,
  redone: 0,
  dropped: 0,
  marked: 0,
  waited: 0,
  answered: 0,
  answeredLate: 0,
  continued: 0,
  taken: 0,
  takenLate: 0,
  interrupted: 0,
}

/**
 * The expected session in the simplest form: a list of older messages, and the newest epoch as a tree
 * of messages. It knows no journals, rows or folds.
 */
export class OracleSession {
  /** Messages of older epochs, and the summary that opened the newest. */
  older: OracleMessage[] = []
  /** Ids of messages that are hidden in older epochs. */
  olderHidden = new Set<string>()
  /** What the newest epoch begins with. */
  root: Place = { following: [] }
  /** Every message id ever used, including those of removed messages. */
  ids = new Set<string>()
  epoch = 0
  lastOrder = 0
  /** Messages of the newest epoch that can be undone have a greater order. */
  epochStart = 0
  readonly runs = new OracleRuns()
  usage: { version: number; totals: Usage; models?: Record<string, Usage> } | undefined
  /** Child sessions whose usage is counted. */
  children = new Set<string>()
  contextUsage: ContextUsage | undefined
  /** How often what happened. */
  readonly seen = { ...nothingSeen }
  readonly #most: number
  #hidings = 0

  /** @param most - versions that are kept at one place */
  constructor(most = 20) {
    this.#most = most
  }

  get runId(): string | undefined {
    return this.runs.active?.id
  }

  get queue(): readonly QueuedRun[] {
    return this.runs.queue
  }

  /** What is shown, with versions where there are several. */
  get messages(): OracleMessage[] {
    const shown: OracleMessage[] = [...this.older]
    for (let at: Place = this.root; at.shown; at = at.shown) {
      const { following } = at
      const index = following.indexOf(at.shown) + 1
      const count = following.length
      shown.push({ ...at.shown.message, ...(count > 1 && { version: { index, count } }) })
    }
    return shown
  }

  get canUndo(): boolean {
    return this.#lastPrompt() !== undefined
  }

  get canRedo(): boolean {
    return this.next > 0
  }

  /** Hidden versions after the last message. */
  get next(): number {
    return this.#last().following.length
  }

  find(messageId: string): OracleMessage | undefined {
    return this.messages.find(({ id }) => id === messageId)
  }

  create(message: Pick<OracleMessage, 'id' | 'role' | 'parts' | 'metadata' | 'status'>): Expected {
    if (this.ids.has(message.id)) return this.#idTaken(message.id)
    this.ids.add(message.id)
    const node = {
      message: { ...message, order: ++this.lastOrder, epoch: this.epoch },
      following: [],
    }
    const last = this.#last()
    last.following.push(node)
    last.shown = node
    return 'done'
  }

  /** What the writers of an open message change. */
  contentOf(messageId: string): MessageContent {
    const { parts = [], metadata = { createdAt: 0 } } = this.find(messageId) ?? {}
    return { parts, metadata }
  }

  setContent(messageId: string, content: MessageContent): void {
    this.#change(messageId, (message) => ({ ...message, ...content }))
  }

  setParts(messageId: string, change: (parts: Part[]) => Part[]): void {
    this.#change(messageId, (message) => ({ ...message, parts: change([...message.parts]) }))
  }

  finish(messageId: string, end: Omit<MessageMetadata, 'createdAt'>): void {
    this.contextUsage = end.contextUsage ?? this.contextUsage
    this.#change(messageId, (message) => ({
      ...message,
      status: 'done',
      parts: message.parts.map((part) => ended(part, end.finishReason ?? 'stop')),
      metadata: { ...message.metadata, ...end },
    }))
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
    this.#remove(messageId)
    return 'done'
  }

  /** Erases a message of any epoch, even one that was removed or hidden. */
  erase(messageId: string): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    if (!this.ids.has(messageId) || this.find(messageId)?.status === 'open')
      return 'message-missing'
    this.#remove(messageId)
    this.contextUsage = undefined
    return 'done'
  }

  /** Removes all messages after this one, or all of the epoch except its summary, for good. */
  truncate(after: string | undefined): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const place = this.#placeAfter(after)
    if (!place) return 'message-missing'
    if (isOpenIn(place)) return 'message-open'
    place.following = []
    place.shown = undefined
    this.contextUsage = undefined
    return 'done'
  }

  /** Hides all messages after this one, or from this one on, as a version. */
  keep(messageId: string, from: 'after' | 'before'): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const place = from === 'after' ? this.#placeAfter(messageId) : this.#placeBefore(messageId)
    if (!place) return 'message-missing'
    return this.#hide(place)
  }

  undo(): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const prompt = this.#lastPrompt()
    if (!prompt) return 'nothing-to-undo'
    return this.#hide(this.#placeBefore(prompt.id) ?? this.root)
  }

  redo(): Expected {
    if (this.runId !== undefined) return 'guard-failed'
    const last = this.#last()
    const newest = last.following.toSorted((a, b) => (b.hiddenAt ?? 0) - (a.hiddenAt ?? 0))[0]
    if (!newest) return 'nothing-to-redo'
    this.seen.redone++
    return this.#show(last, newest)
  }

  /** `undefined` for a message that is shown already. */
  choose(messageId: string): Expected | undefined {
    if (this.runId !== undefined) return 'guard-failed'
    if (this.find(messageId)?.epoch === this.epoch) return undefined
    const place = this.#chain().find(({ following }) =>
      following.some(({ message }) => message.id === messageId),
    )
    const node = place?.following.find(({ message }) => message.id === messageId)
    if (!place || !node) return 'message-missing'
    const expected = this.#show(place, node)
    if (expected === 'done') this.seen.chosen++
    return expected
  }

  /** The first messages of the versions at the place of this one, by order. */
  versions(messageId: string): string[] | undefined {
    const place = this.#chain().find(({ following }) =>
      following.some(({ message }) => message.id === messageId),
    )
    return place?.following.map(({ message }) => message.id)
  }

  /** Ids of messages that begin a hidden version. */
  hiddenVersions(): string[] {
    return this.#chain().flatMap(({ following, shown }) =>
      following.filter((node) => node !== shown).map(({ message }) => message.id),
    )
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
    for (const id of this.#hiddenIds()) this.olderHidden.add(id)
    this.older = this.messages
    this.root = { following: [] }
    this.epoch++
    this.contextUsage = summary?.metadata.contextUsage
    if (summary) {
      this.ids.add(summary.id)
      this.older.push({ ...summary, order: ++this.lastOrder, epoch: this.epoch })
    }
    this.epochStart = this.lastOrder
  }

  /** A fork with the messages up to `order`. */
  forkedAt(order: number): OracleSession {
    const fork = new OracleSession(this.#most)
    const messages = this.messages
      .filter((message) => message.order <= order && message.status === 'done')
      .map(({ version: _, ...message }) => message)
    fork.ids = new Set(messages.map(({ id }) => id))
    const last = messages.at(-1)
    fork.epoch = last?.epoch ?? 0
    const [first] = messages.filter(({ epoch }) => epoch === fork.epoch)
    const isSummary = first?.metadata.boundary !== undefined
    fork.epochStart = isSummary ? first.order : (first?.order ?? 1) - 1
    fork.older = messages.filter((message) => message.order <= fork.epochStart)
    let at = fork.root
    for (const message of messages.slice(fork.older.length)) {
      const node = { message, following: [] }
      at.following.push(node)
      at.shown = node
      at = node
    }
    fork.lastOrder = last?.order ?? 0
    // A fork looks back at most ten messages for it.
    const newest = messages.slice(-10).filter(({ epoch }) => epoch === fork.epoch)
    fork.contextUsage = newest.findLast(
      ({ metadata }) => metadata.contextUsage,
    )?.metadata.contextUsage
    return fork
  }

  #lastPrompt(): OracleMessage | undefined {
    return this.messages.findLast(({ role, order }) => role === 'user' && order > this.epochStart)
  }

  /** What is shown of the newest epoch, from where it begins. */
  #chain(): Place[] {
    return chainFrom(this.root)
  }

  #last(): Place {
    return this.#chain().at(-1) ?? this.root
  }

  /** Where what follows a message of the newest epoch begins, or the epoch itself. */
  #placeAfter(messageId: string | undefined): Place | undefined {
    const old = this.older.find(({ id }) => id === messageId)
    if (messageId === undefined || old?.epoch === this.epoch) return this.root
    return this.#chain().find(({ shown }) => shown?.message.id === messageId)?.shown
  }

  /** Where a message of the newest epoch is one of the versions that follow. */
  #placeBefore(messageId: string): Place | undefined {
    const old = this.older.find(({ id }) => id === messageId)
    if (old?.epoch === this.epoch) return this.root
    return this.#chain().find(({ shown }) => shown?.message.id === messageId)
  }

  #hide(place: Place): Expected {
    if (isOpenIn(place)) return 'message-open'
    const { shown } = place
    if (shown) shown.hiddenAt = ++this.#hidings
    place.shown = undefined
    while (place.following.length > this.#most - 1) {
      const oldest = place.following.find((node) => node !== shown)
      if (!oldest) break
      place.following = place.following.filter((node) => node !== oldest)
      this.seen.dropped++
    }
    this.contextUsage = undefined
    return 'done'
  }

  #show(place: Place, node: Node): Expected {
    if (isOpenIn(place)) return 'message-open'
    if (place.shown) place.shown.hiddenAt = ++this.#hidings
    place.shown = node
    const restored = [node.message, ...chainFrom(node).flatMap(({ shown }) => shown?.message ?? [])]
    const newest = restored.findLast(({ metadata }) => metadata.contextUsage)
    this.contextUsage = newest?.metadata.contextUsage
    return 'done'
  }

  /** What followed a removed message follows the one before it. */
  #remove(messageId: string): void {
    const before = JSON.stringify(this.messages.map(({ version }) => version))
    this.older = this.older.filter(({ id }) => id !== messageId)
    this.olderHidden.delete(messageId)
    removeFrom(this.root, messageId)
    if (JSON.stringify(this.messages.map(({ version }) => version)) !== before) this.seen.marked++
  }

  #change(messageId: string, change: (message: OracleMessage) => OracleMessage): void {
    this.older = this.older.map((message) => (message.id === messageId ? change(message) : message))
    for (const { shown } of this.#chain()) {
      if (shown?.message.id === messageId) shown.message = change(shown.message)
    }
  }

  #hiddenIds(): string[] {
    return idsIn(this.root).filter((id) => !this.find(id))
  }

  #idTaken(messageId: string): Expected {
    const isThere =
      this.find(messageId) !== undefined ||
      this.olderHidden.has(messageId) ||
      this.#hiddenIds().includes(messageId)
    return isThere ? 'message-exists' : 'message-gone'
  }
}

import type { SendResult } from '@caughtup/schema'

import { ChatClientError, toViewError } from '../core/errors.ts'
import { repeat } from './deliver.ts'
import * as decisions from './kept-prompt.ts'
import type { Decided, Decision, KeptPrompt } from './kept-prompt.ts'
import { memoryStore } from './memory-store.ts'
import type { OpenOutbox, Outbox, OutboxHost } from './outbox.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { OutboxPrompt } from './pending-prompts.ts'
import type { PromptInput } from './prompt.ts'
import { cancelled, sendPrompt } from './send-prompt.ts'

/** A prompt of another client is sent by this one too if it is still there after this many ms. */
const takeOverAfter = 3_000
/** How long after its removal an announcement of its answer may come, in ms. */
const announcedWithin = 1_000

/** An outbox over a store that the host gives, for the prompts of one user and for one client. */
export function storedOutbox(store: OutboxStore): Outbox {
  return (host) => new StoredOutbox(host, store)
}

/** A caller of `send` that awaits the answer. */
interface Sender {
  resolve: (result: SendResult) => void
  reject: (error: unknown) => void
}

/**
 * Sends the prompts of each session one after the other, in the order of the store, also those of other
 * clients and of pages that are gone.
 *
 * All decisions are made in the store, one at a time; `#prompts` is what it had after the last.
 */
class StoredOutbox implements OpenOutbox {
  readonly #host: OutboxHost
  #store: OutboxStore
  #isKept = true
  /** The store that failed, and what it may still have. */
  #broken: { store: OutboxStore; messageIds: ReadonlySet<string> } | undefined
  #prompts: readonly OutboxPrompt[] = []
  /** Prompts that are not in the store yet. */
  readonly #arriving = new Map<string, OutboxPrompt>()
  /** What has to end before a prompt is sent. */
  readonly #before = new Map<string, Promise<unknown>>()
  readonly #senders = new Map<string, Sender[]>()
  /** The sessions for which this client is sending, or waits to. */
  readonly #sending = new Set<string>()
  /** Whether the server has answered since the page was loaded. */
  #isReached = false
  #last: Promise<unknown> = Promise.resolve()
  #cancelTakeOver: (() => void) | undefined

  constructor(host: OutboxHost, store: OutboxStore) {
    this.#host = host
    this.#store = store
    const unwatch = store.watch?.((sent) => void this.#announced(sent))
    host.context.closed.addEventListener('abort', () => {
      unwatch?.()
      this.#cancelTakeOver?.()
      for (const messageId of this.#senders.keys()) {
        this.#settle(messageId, (sender) => sender.reject(closedError()))
      }
      // After what is under way.
      void this.#last.then(() => store.close?.())
    })
    host.context.wakeUp.signal.addEventListener('abort', () => (this.#isReached = true))
    void this.#refresh().then(() => this.#sendAll())
  }

  of(sessionId: string): readonly OutboxPrompt[] {
    const prompts = [...this.#prompts, ...this.#arriving.values()]
    return prompts.filter(({ input }) => input.sessionId === sessionId)
  }

  async send(input: PromptInput, before?: Promise<unknown>): Promise<SendResult> {
    const { messageId, sessionId } = input
    const { closed } = this.#host.context
    const isKnown = this.#isThere(messageId)
    if (!isKnown && !closed.aborted) {
      this.#arriving.set(messageId, { input, state: 'queued', revision: 0 })
      // A prompt that is there already may have its place before those calls, which then wait for it.
      if (before) this.#before.set(messageId, before)
      this.#host.changed(sessionId)
    }
    if (!closed.aborted) await this.#decide(messageId, decisions.keep(input))
    if (closed.aborted) throw closedError()
    return new Promise((resolve, reject) => {
      const others = this.#senders.get(messageId) ?? []
      this.#senders.set(messageId, [...others, { resolve, reject }])
      this.#settleOver()
      this.#sendOf(sessionId)
    })
  }

  async decide(messageId: string, decision: Decision): Promise<Decided> {
    const decided = await this.#decide(messageId, decision, true)
    if (!decided.after) this.#settle(messageId, (sender) => sender.reject(cancelled()))
    return decided
  }

  #find(messageId: string): OutboxPrompt | undefined {
    return this.#prompts.find(({ input }) => input.messageId === messageId)
  }

  /** Of those that are to be sent, the one that was first. */
  #next(sessionId: string): OutboxPrompt | undefined {
    return this.#prompts.find(
      ({ input, state }) => input.sessionId === sessionId && state !== 'failed',
    )
  }

  #settle(messageId: string, settle: (sender: Sender) => void): void {
    const senders = this.#senders.get(messageId) ?? []
    this.#senders.delete(messageId)
    for (const sender of senders) settle(sender)
  }

  #sendAll(): void {
    for (const { input } of this.#prompts) this.#sendOf(input.sessionId)
  }

  #sendOf(sessionId: string): void {
    if (this.#sending.has(sessionId)) return
    this.#sending.add(sessionId)
    void this.#sendAllOf(sessionId)
  }

  async #sendAllOf(sessionId: string): Promise<void> {
    const { closed } = this.#host.context
    while (!closed.aborted && this.#next(sessionId)) await this.#sendNext(sessionId)
    this.#sending.delete(sessionId)
  }

  /** Sends the first prompt of the session until it is answered or has failed for good. */
  async #sendNext(sessionId: string): Promise<void> {
    const { context } = this.#host
    let sent: string | undefined
    try {
      await repeat(context, (failures) => {
        // Between two attempts the lock is free: timers of a hidden tab may take a minute.
        const attempt = async () => {
          for (;;) {
            await this.#refresh()
            sent = this.#next(sessionId)?.input.messageId
            if (sent === undefined || context.closed.aborted) return
            await this.#attempt(sessionId, sent, failures > 0 || !this.#isReached)
            // The count of failures is that of one prompt.
            if (failures > 0) return
          }
        }
        return this.#store.lock?.(sessionId, context.closed, attempt) ?? attempt()
      })
    } catch (cause) {
      if (sent === undefined || context.closed.aborted) return
      const error = toViewError(cause)
      // Another client or the user was faster.
      if (error.code === 'CANCELLED') return
      const senders = this.#senders.get(sent)
      this.#senders.delete(sent)
      await this.#decide(sent, decisions.fail(error))
      for (const { reject } of senders ?? []) reject(cause)
    }
  }

  async #attempt(sessionId: string, messageId: string, hasFailed: boolean): Promise<void> {
    await this.#before.get(messageId)
    this.#before.delete(messageId)
    const result = await sendPrompt(this.#host, sessionId, hasFailed, (decision) =>
      this.#decide(messageId, decision),
    )
    this.#isReached = true
    this.#store.announce?.(result)
    this.#host.answered(sessionId, messageId)
    const senders = this.#senders.get(messageId)
    this.#senders.delete(messageId)
    await this.#decide(messageId, decisions.remove)
    for (const { resolve } of senders ?? []) resolve(result)
  }

  /** Another client changed the store. */
  async #announced(sent: SendResult | undefined): Promise<void> {
    const prompt = sent && this.#find(sent.messageId)
    if (prompt) {
      this.#host.answered(prompt.input.sessionId, sent.messageId)
      this.#settle(sent.messageId, (sender) => sender.resolve(sent))
    }
    await this.#refresh()
    this.#cancelTakeOver ??= this.#host.context.clock.after(takeOverAfter, () => {
      this.#cancelTakeOver = undefined
      this.#sendAll()
    })
  }

  #refresh(): Promise<void> {
    return this.#use(async (store) => this.#show(await store.list()))
  }

  /** @param strict whether to reject if the store fails, so that nobody takes it for done */
  async #decide(messageId: string, decide: Decision, strict = false): Promise<Decided> {
    let made: Decided = {}
    // It may work again after a reload, and must not have what was removed.
    if (strict && this.#broken?.messageIds.has(messageId)) {
      await this.#broken.store.change(messageId, decide).catch(notStored)
    }
    await this.#use(async (store) => {
      await store.change(messageId, (before) => {
        const after = decide(before)
        made = { before, after }
        return after
      })
      store.announce?.()
      const prompts = await store.list()
      this.#arriving.delete(messageId)
      this.#show(prompts)
    }, strict)
    return made
  }

  /** One use after the other, so that what is shown is never older than what was decided. */
  #use(use: (store: OutboxStore) => Promise<void>, strict = false): Promise<void> {
    const used = this.#last.then(async () => {
      try {
        await use(this.#store)
      } catch (cause) {
        if (strict) notStored(cause)
        if (!this.#isKept) throw cause
        const messageIds = new Set(this.#prompts.map(({ input }) => input.messageId))
        this.#broken = { store: this.#store, messageIds }
        this.#isKept = false
        this.#store = memoryStore(this.#prompts)
        await use(this.#store)
      }
    })
    this.#last = used.catch(() => 'told to the caller')
    return used
  }

  #show(prompts: readonly KeptPrompt[]): void {
    const before = this.#prompts
    // What did not change keeps its identity.
    const kept = this.#isKept
    this.#prompts = prompts.map((prompt) => {
      const known = this.#find(prompt.input.messageId)
      return known?.revision === prompt.revision && known.kept === kept
        ? known
        : { ...prompt, kept }
    })
    const sessions = [...before, ...this.#prompts].map(({ input }) => input.sessionId)
    for (const sessionId of new Set(sessions)) this.#host.changed(sessionId)
    this.#settleOver()
  }

  /** Settles those whose prompts another client has sent, without success, or removed. */
  #settleOver(): void {
    for (const messageId of this.#senders.keys()) {
      const error = this.#find(messageId)?.error
      if (error) this.#settle(messageId, (sender) => sender.reject(new ChatClientError(error)))
      else if (!this.#isThere(messageId)) this.#lostSight(messageId)
    }
  }

  #isThere(messageId: string): boolean {
    return this.#arriving.has(messageId) || this.#find(messageId) !== undefined
  }

  /** Another client has sent the prompt, and its announcement is on its way, or removed it. */
  #lostSight(messageId: string): void {
    this.#host.context.clock.after(announcedWithin, () => {
      if (this.#isThere(messageId)) return
      this.#settle(messageId, (sender) => sender.reject(cancelled()))
    })
  }
}

function notStored(cause: unknown): never {
  const message = 'The change could not be stored.'
  throw new ChatClientError({ code: 'UNAVAILABLE', message }, { cause })
}

function closedError(): ChatClientError {
  return new ChatClientError({ code: 'NETWORK', message: 'The client was closed.' })
}

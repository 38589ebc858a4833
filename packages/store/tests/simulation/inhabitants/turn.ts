import assert from 'node:assert/strict'

import {
  CaughtupError,
  type EventDraft,
  type Message,
  type MessageDraft,
  type Run,
} from '@caughtup/schema'

import type { Guard } from '../../../src/port/commit.ts'
import { type Driver, StateDriver, WriterDriver } from './drivers.ts'
import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'

/** A prompt to answer. */
export interface Prompt {
  readonly sessionId: string
  readonly runId: string
  readonly messageId: string
}

/** One run of an agent in a process: the prompt, the answer as it streams, its end. */
export class Turn {
  readonly #world: World
  readonly #at: Incarnation
  readonly #prompt: Prompt

  constructor(world: World, at: Incarnation, prompt: Prompt) {
    this.#world = world
    this.#at = at
    this.#prompt = prompt
  }

  /** Starts the run if the guard holds, and answers. Returns whether it did. */
  async take(guard: Extract<Guard, { is: 'idle' | 'next-in-queue' }>): Promise<boolean> {
    const { sessionId, runId, messageId } = this.#prompt
    const { random, ledger } = this.#world
    const createdAt = this.#at.life.now()
    const parts = [{ type: 'text' as const, text: `prompt of ${runId}` }]
    const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: createdAt } as const
    const answer = this.#newAnswer()
    const { metadata } = answer
    const prompt = { id: messageId, role: 'user', parts, metadata, status: 'done' } as const
    const drafts: EventDraft[] = [
      ...(guard.is === 'next-in-queue' ? [{ type: 'queue-changed', remove: runId } as const] : []),
      { type: 'run-started', runId, run },
      { type: 'message-created', runId, message: prompt },
      { type: 'message-created', runId, message: answer },
    ]
    return this.#execute(async () => {
      const result = await this.#at.store.append({ sessionId, drafts, guard })
      if (!ledger.committed(this.#at.life.name, sessionId, result)) {
        this.#world.trace(runId, `is refused in ${sessionId}: ${result.refused ?? ''}`)
        return false
      }
      ledger.holders.set(runId, this.#at.life.name)
      this.#world.trace(runId, `starts in ${sessionId} at ${this.#at.life.name}`)
      await this.#answer(random.chance(0.7) ? WriterDriver : StateDriver, answer)
      return true
    })
  }

  /** Answers a waiting run and resumes it, unless another process did. */
  async resume(): Promise<void> {
    const { sessionId, runId } = this.#prompt
    const { life, store } = this.#at
    await this.#execute(async () => {
      const { holders } = this.#world.ledger
      // Its next process is unknown until a call returns.
      holders.delete(runId)
      if (!(await this.#changeTo('streaming', { is: 'awaiting-tool', runId }))) return false
      holders.set(runId, life.name)
      const { open } = await this.#world.persist(life, () => store.head(sessionId))
      const message = open.find(({ metadata }) => metadata.runId === runId)
      // It was ended as lost before it was resumed.
      if (message) await this.#answer(StateDriver, message)
      return true
    })
  }

  /** Registered before the commit, so that a watch finds its process meanwhile. */
  async #execute(work: () => Promise<boolean>): Promise<boolean> {
    const { runId } = this.#prompt
    this.#at.executing.add(runId)
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CaughtupError) || !isEnd(error)) throw error
      this.#world.trace(runId, () => `is stopped: ${error.message}`)
      return true
    } finally {
      this.#at.executing.delete(runId)
    }
  }

  /** Streams an answer of one or several messages to its end, or until it waits. */
  async #answer(
    Kind: typeof WriterDriver | typeof StateDriver,
    first: MessageDraft,
  ): Promise<void> {
    const { random } = this.#world
    const { runId } = this.#prompt
    const pace = random.pick([2, 20, 60])
    let driver = this.#driver(Kind, first)
    for (let left = random.between(0, 20); left > 0; left--) {
      await this.#world.rest(this.#at.life, 0, pace)
      await driver.write()
      if (!random.chance(0.05)) continue
      const next = this.#newAnswer()
      await driver.finish('tool-calls', [{ type: 'message-created', runId, message: next }])
      this.#world.trace(runId, 'makes another step')
      driver = this.#driver(Kind, next)
    }
    if (!this.#world.calm && random.chance(0.3)) {
      await this.#changeTo('waiting', { is: 'run', runId })
      return
    }
    const reason = random.chance(0.8) ? 'stop' : 'interrupted'
    await driver.finish(reason, [{ type: 'run-ended', runId, reason }])
    this.#world.trace(runId, `ends, ${reason}`)
  }

  #newAnswer(): MessageDraft {
    const id = this.#world.name('answer')
    const metadata = { createdAt: this.#at.life.now(), runId: this.#prompt.runId }
    return { id, role: 'assistant', parts: [], metadata, status: 'open' }
  }

  /** A new way of writing the message, all of whose text is committed by now. */
  #driver(Kind: typeof WriterDriver | typeof StateDriver, message: MessageDraft): Driver {
    const { sessionId } = this.#prompt
    const text = textOf(message)
    const writing = { sessionId, messageId: message.id, produced: text, acknowledged: text }
    const before = this.#world.ledger.writings.get(message.id)
    assert(text.startsWith(before?.acknowledged ?? ''), `${message.id} lost acknowledged text.`)
    this.#world.ledger.writings.set(message.id, writing)
    return new Kind(this.#world, this.#at, { ...this.#prompt, message, writing })
  }

  async #changeTo(
    status: Extract<Run['status'], 'streaming' | 'waiting'>,
    guard: Guard,
  ): Promise<boolean> {
    const { sessionId, runId } = this.#prompt
    const drafts = [{ type: 'run-changed', runId, status } as const]
    const result = await this.#at.store.append({ sessionId, drafts, guard })
    const done = this.#world.ledger.committed(this.#at.life.name, sessionId, result)
    if (done) this.#world.trace(runId, `is ${status} at ${this.#at.life.name}`)
    return done
  }
}

/** All texts of a message, joined. */
export function textOf({ parts }: Pick<Message, 'parts'>): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Whether an error means that the run ended, belongs to another process, or lost its session. */
function isEnd({ code }: CaughtupError): boolean {
  return code === 'CONFLICT' || code === 'NOT_FOUND' || code === 'UNAVAILABLE'
}

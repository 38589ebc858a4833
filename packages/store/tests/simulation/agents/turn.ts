import assert from 'node:assert/strict'

import {
  CaughtupError,
  type EventDraft,
  type Message,
  type MessageDraft,
  type PromptPart,
} from '@caughtup/schema'

import type { Guard } from '../../../src/port/commit.ts'
import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'
import type { Driver } from './driver.ts'
import { readHead } from './read-head.ts'
import { StateDriver } from './state-driver.ts'
import { WriterDriver } from './writer-driver.ts'

/** A prompt to answer. */
export interface Prompt {
  readonly sessionId: string
  readonly runId: string
  readonly messageId: string
  readonly author: string
  readonly parts: PromptPart[]
}

/** A run, as one process executes it. */
export interface Execution {
  readonly sessionId: string
  readonly runId: string
  readonly attempt: number
}

/** How a run that nobody executes goes on. */
export interface GoingOn {
  readonly drafts: readonly EventDraft[]
  readonly guard: Guard
  /** The open answer after that commit. */
  readonly answer: Message
  /** Whether the run only waits from then on. */
  readonly waits: boolean
}

/** Starts the prompt's run if the guard holds, and answers it. Returns whether it did. */
export async function takePrompt(
  world: World,
  at: Incarnation,
  { sessionId, runId, messageId, author, parts }: Prompt,
  guard: Extract<Guard, { is: 'idle' | 'next-in-queue' }>,
): Promise<boolean> {
  const { ledger } = world
  const createdAt = at.life.now()
  const turn = new Turn(world, at, { sessionId, runId, attempt: 1 })
  const answer = turn.newAnswer()
  const metadata = { createdAt, runId, author }
  const prompt = { id: messageId, role: 'user', parts, metadata, status: 'done' } as const
  const run = {
    id: runId,
    kind: 'agent',
    status: 'streaming',
    startedAt: createdAt,
    author,
  } as const
  const drafts: EventDraft[] = [
    ...(guard.is === 'next-in-queue' ? [{ type: 'queue-changed', remove: runId } as const] : []),
    { type: 'run-started', runId, run },
    { type: 'message-created', runId, message: prompt },
    { type: 'message-created', runId, message: answer },
  ]
  return turn.execute(async () => {
    const result = await at.store.append({ sessionId, drafts, guard })
    if (!ledger.committed(at.life.name, sessionId, result) || result.refused !== undefined) {
      world.trace(runId, `is refused in ${sessionId}: ${result.refused ?? ''}`)
      return false
    }
    ledger.executes(at.life.name, sessionId, result)
    world.trace(runId, `starts in ${sessionId} at ${at.life.name}`)
    await turn.answer(answer)
    return true
  })
}

/** A new run, of which some are written as whole states. */
export function newRunId(world: World): string {
  return world.name(world.random.chance(0.3) ? 'states' : 'run')
}

/** Whether a run is written as whole states, whose writes no attempt fences. */
export function isAsStates(runId: string): boolean {
  return runId.startsWith('states')
}

/**
 * Lets a run that nobody executes go on here if the guard holds, and executes it to its end.
 *
 * @param told - called with whether the guard held
 */
export async function goOn(
  world: World,
  at: Incarnation,
  execution: Execution,
  { drafts, guard, answer, waits }: GoingOn,
  told: (isTaken: boolean) => void,
): Promise<void> {
  const { ledger } = world
  const { sessionId, runId, attempt } = execution
  const turn = new Turn(world, at, execution)
  await turn.execute(async () => {
    const result = await at.store.append({ sessionId, drafts, guard })
    if (!ledger.committed(at.life.name, sessionId, result) || result.refused !== undefined) {
      told(false)
      return false
    }
    ledger.executes(at.life.name, sessionId, result)
    told(true)
    world.trace(runId, `goes on at ${at.life.name}, attempt ${attempt}${waits ? ', waiting' : ''}`)
    if (!waits) await turn.answer(answer)
    return true
  })
  told(false)
}

/** The key under which a process keeps that it executes a run. */
export function executionKey(runId: string, attempt = 1): string {
  return `${runId} ${attempt}`
}

/** One run of an agent in a process: its answer as it streams, until its end or until it waits. */
class Turn {
  readonly #world: World
  readonly #at: Incarnation
  readonly #execution: Execution

  constructor(world: World, at: Incarnation, execution: Execution) {
    this.#world = world
    this.#at = at
    this.#execution = execution
  }

  /** Whether another process is known to have continued the run since. */
  get #isStale(): boolean {
    const { runId, attempt } = this.#execution
    return (this.#world.ledger.attempts.get(runId) ?? 1) > attempt
  }

  newAnswer(): MessageDraft {
    const id = this.#world.name('answer')
    const metadata = { createdAt: this.#at.life.now(), runId: this.#execution.runId }
    return { id, role: 'assistant', parts: [], metadata, status: 'open' }
  }

  /** Registered before the commit, so that a watch finds its process meanwhile. */
  async execute(work: () => Promise<boolean>): Promise<boolean> {
    const { runId, attempt } = this.#execution
    const key = executionKey(runId, attempt)
    if (this.#at.executing.has(key)) return false
    this.#at.executing.add(key)
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CaughtupError) || !isEnd(error)) throw error
      this.#world.trace(runId, () => `is stopped: ${error.message}`)
      if (this.#isStale) await this.#countRefused()
      return true
    } finally {
      this.#at.executing.delete(key)
    }
  }

  /** Counts a write that nothing but its attempt made impossible. */
  async #countRefused(): Promise<void> {
    const { sessionId, runId, attempt } = this.#execution
    const { head } = (await readHead(this.#world, this.#at, sessionId)) ?? {}
    const isActive = head?.run?.id === runId && (head.run.attempt ?? 1) > attempt
    if (isActive) this.#world.count('stale attempt refused')
  }

  /** Streams an answer of one or several messages to its end, or until it waits. */
  async answer(first: MessageDraft): Promise<void> {
    const { random } = this.#world
    const { runId, attempt } = this.#execution
    // One that was continued takes its time, so that the process before it may wake meanwhile.
    const pace = random.pick(attempt > 1 ? [20, 60, 150] : [2, 20, 60])
    let driver = this.#driver(first)
    await driver.begin()
    for (let left = random.between(0, 20); left > 0; left--) {
      await this.#world.rest(this.#at.life, 0, pace)
      await driver.write()
      if (random.chance(0.25)) {
        const next = this.newAnswer()
        if (await driver.steer(next)) driver = this.#driver(next)
      }
      if (driver.awaits || !random.chance(0.05)) continue
      const next = this.newAnswer()
      await driver.finish('tool-calls', [{ type: 'message-created', runId, message: next }])
      this.#world.trace(runId, 'makes another step')
      driver = this.#driver(next)
    }
    if (driver.awaits || (!this.#world.calm && random.chance(0.3))) return driver.wait()
    const reason = random.chance(0.8) ? 'stop' : 'interrupted'
    await driver.finish(reason, [{ type: 'run-ended', runId, reason }])
    this.#world.trace(runId, `ends, ${reason}`)
  }

  /** A new way of writing the message, all of whose text is committed by now. */
  #driver(message: MessageDraft): Driver {
    const { sessionId, runId } = this.#execution
    const text = textOf(message)
    const writing = { sessionId, messageId: message.id, produced: text, acknowledged: text }
    // One that was presumed dead writes nothing more, so the ledger is about the newer attempt.
    if (!this.#isStale) {
      const { writings } = this.#world.ledger
      const { acknowledged = '' } = writings.get(message.id) ?? {}
      assert(text.startsWith(acknowledged), `${message.id} lost acknowledged text.`)
      writings.set(message.id, writing)
    }
    const Kind = isAsStates(runId) ? StateDriver : WriterDriver
    return new Kind(this.#world, this.#at, { ...this.#execution, message, writing })
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

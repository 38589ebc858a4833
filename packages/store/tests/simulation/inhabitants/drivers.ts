import type { AgentPart, EventDraft, FinishReason, MessageDraft, Part } from '@caughtup/schema'

import type { MessageWriter } from '../../../src/compose/message-writer.ts'
import type { Incarnation } from '../world/host.ts'
import type { Writing } from '../world/ledger.ts'
import type { World } from '../world/world.ts'

/** A way of writing a run's answer. */
export interface Driver {
  /** Writes one more piece of the answer. */
  write(): Promise<void>
  /** Ends the message, with further drafts. */
  finish(reason: FinishReason, alongside: readonly EventDraft[]): Promise<void>
}

export interface DriverTarget {
  readonly sessionId: string
  readonly runId: string
  readonly message: Pick<MessageDraft, 'id' | 'parts' | 'metadata'>
  readonly writing: Writing
}

/** Writes pieces, like a streaming agent. */
export class WriterDriver implements Driver {
  readonly #world: World
  readonly #at: Incarnation
  readonly #target: DriverTarget
  readonly #writer: MessageWriter

  constructor(world: World, at: Incarnation, target: DriverTarget) {
    this.#world = world
    this.#at = at
    this.#target = target
    const { sessionId, runId, message } = target
    this.#writer = at.store.writer({ sessionId, runId, messageId: message.id })
  }

  async write(): Promise<void> {
    const { random } = this.#world
    const { runId, writing } = this.#target
    const what = random.weighted({ text: 12, reasoning: 3, thought: 1, tool: 2, flush: 1 })
    this.#world.trace(runId, what)
    switch (what) {
      case 'text': {
        const text = nextText(this.#world, writing)
        return this.#writer.write({ type: 'text-delta', text })
      }
      case 'reasoning':
        return this.#writer.write({ type: 'reasoning-delta', text: 'hm ' })
      case 'thought':
        return this.#writer.write({ type: 'reasoning-end', id: undefined })
      case 'tool': {
        const tool = { toolCallId: this.#world.name('call'), toolName: 'look' }
        const { toolCallId: id, toolName } = tool
        await this.#writer.write({ type: 'tool-input-start', id, toolName })
        await this.#writer.write({ type: 'tool-input-delta', id, delta: '{}' })
        await this.#structural({ type: 'tool-call', ...tool, input: {} })
        return this.#structural({ type: 'tool-result', ...tool, input: {}, output: 1 })
      }
      case 'flush':
        return this.#flush()
    }
  }

  async finish(reason: FinishReason, alongside: readonly EventDraft[]): Promise<void> {
    const { writing } = this.#target
    await this.#writer.finish({ reason, usage: { outputTokens: 1 } }, alongside)
    writing.acknowledged = writing.produced
  }

  /** Resolves when it is committed, with all earlier text. */
  async #structural(part: AgentPart): Promise<void> {
    await this.#writer.write(part)
    const { writing } = this.#target
    writing.acknowledged = writing.produced
  }

  async #flush(): Promise<void> {
    const { writing, sessionId, message } = this.#target
    const { produced } = writing
    await this.#at.store.flush(message.id)
    const { storage, life } = this.#at
    const found = await this.#world.persist(life, () => storage.message(sessionId, message.id))
    // If the run was ended meanwhile, its text is lost.
    if (found?.status === 'open') writing.acknowledged = produced
  }
}

/** Writes whole states, like code without deltas. */
export class StateDriver implements Driver {
  readonly #world: World
  readonly #at: Incarnation
  readonly #target: DriverTarget
  #parts: Part[]

  constructor(world: World, at: Incarnation, target: DriverTarget) {
    this.#world = world
    this.#at = at
    this.#target = target
    this.#parts = [...target.message.parts]
  }

  async write(): Promise<void> {
    const { random } = this.#world
    const { writing, runId } = this.#target
    const what = random.weighted({ text: 8, part: 1, flush: 1 })
    this.#world.trace(runId, `state, ${what}`)
    if (what === 'flush') return this.#at.store.flushSession(writing.sessionId)
    const text = nextText(this.#world, writing)
    const last = this.#parts.at(-1)
    const goesOn = what === 'text' && last?.type === 'text' && last.state === 'streaming'
    const part = { type: 'text' as const, text: goesOn ? last.text + text : text }
    this.#parts = [
      ...(goesOn ? this.#parts.slice(0, -1) : this.#parts),
      { ...part, state: 'streaming' },
    ]
    await this.#update(this.#state('open'))
  }

  async finish(reason: FinishReason, alongside: readonly EventDraft[]): Promise<void> {
    const { writing, runId, sessionId } = this.#target
    const state = this.#state('done')
    await this.#update({ ...state, metadata: { ...state.metadata, finishReason: reason } })
    writing.acknowledged = writing.produced
    // Only the fence prevents it from ending or continuing a run that belongs to another process by now.
    await this.#world.rest(this.#at.life, 0, 100)
    const slice = { sessionId, drafts: alongside, guard: { is: 'run', runId } } as const
    const result = await this.#at.store.append(slice)
    this.#world.ledger.committed(this.#at.life.name, sessionId, result)
  }

  /** The first state of a message that another process began needs a read. */
  #update(state: MessageDraft): Promise<void> {
    const { store, life } = this.#at
    return this.#world.persist(life, () => store.update(this.#target.sessionId, state))
  }

  #state(status: MessageDraft['status']): MessageDraft {
    const { id, metadata } = this.#target.message
    return { id, role: 'assistant', parts: this.#parts, metadata, status }
  }
}

/** Text that contains its position, sometimes with multi-byte characters. */
function nextText({ random }: World, writing: Writing): string {
  const text = `${writing.produced.length}${random.chance(0.1) ? '☃'.repeat(99) : ' '}`
  writing.produced += text
  return text
}

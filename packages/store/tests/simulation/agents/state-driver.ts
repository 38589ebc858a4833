import type { EventDraft, FinishReason, MessageDraft, Part } from '@caughtup/schema'

import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'
import { type Driver, type DriverTarget, nextText } from './driver.ts'

/** Writes whole states, like code without deltas. */
export class StateDriver implements Driver {
  readonly awaits = false
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

  async begin(): Promise<void> {}

  async write(): Promise<void> {
    const { random } = this.#world
    const { writing, runId } = this.#target
    const what = random.weighted({ text: 8, part: 1, flush: 1 })
    this.#world.trace(runId, `state, ${what}`)
    if (what === 'flush') return this.#at.store.flushSession(writing.sessionId)
    const text = nextText(this.#world, this.#target)
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
    const { writing } = this.#target
    const state = this.#state('done')
    await this.#update({ ...state, metadata: { ...state.metadata, finishReason: reason } })
    writing.acknowledged = writing.produced
    // Only the fence prevents it from ending or continuing a run that belongs to another process by now.
    await this.#world.rest(this.#at.life, 0, 100)
    await this.#append(alongside)
  }

  async wait(): Promise<void> {
    const { runId, writing } = this.#target
    const toolCallId = this.#world.name('call')
    const call = { type: 'dynamic-tool', toolCallId, toolName: 'ask', input: {} } as const
    this.#parts = [...this.#parts, { ...call, state: 'input-available' }]
    await this.#update(this.#state('open'))
    writing.acknowledged = writing.produced
    if (!(await this.#append([{ type: 'run-changed', runId, status: 'waiting' }]))) return
    this.#world.count('began to wait')
    this.#world.trace(runId, `waits, at ${this.#at.life.name}`)
  }

  /** It takes nothing: what is offered runs next. */
  async steer(): Promise<boolean> {
    return false
  }

  async #append(drafts: readonly EventDraft[]): Promise<boolean> {
    const { runId, sessionId } = this.#target
    const { store, life } = this.#at
    const result = await store.append({ sessionId, drafts, guard: { is: 'run', runId } })
    return this.#world.ledger.committed(life.name, sessionId, result)
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

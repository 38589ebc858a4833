import type { AgentPart, EventDraft, FinishReason, MessageDraft } from '@caughtup/schema'

import type { MessageWriter } from '../../../src/compose/message-writer.ts'
import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'
import { type Driver, type DriverTarget, nextText } from './driver.ts'

const usage = { outputTokens: 1 }

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
    const { sessionId, runId, attempt, message } = target
    const { id: messageId, parts } = message
    this.#writer = at.store.writer({ sessionId, runId, attempt, messageId, parts })
  }

  get awaits(): boolean {
    return this.#writer.awaits
  }

  async begin(): Promise<void> {
    for (const part of this.#target.message.parts) {
      if (part.type !== 'dynamic-tool' || part.state !== 'approval-responded') continue
      const { toolCallId, toolName, approval } = part
      const call = { toolCallId, toolName }
      await (approval.approved
        ? this.#structural({ type: 'tool-result', ...call, input: {}, output: 'done' })
        : this.#structural({ type: 'tool-output-denied', ...call }))
    }
  }

  async write(): Promise<void> {
    const { random } = this.#world
    const { runId } = this.#target
    const ask = this.#world.calm ? 0 : 1
    const what = random.weighted({ text: 12, reasoning: 3, thought: 1, tool: 2, flush: 1, ask })
    this.#world.trace(runId, what)
    switch (what) {
      case 'text':
        return this.#writer.write({ type: 'text-delta', text: nextText(this.#world, this.#target) })
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
        await this.#world.rest(this.#at.life, 0, 20)
        return this.#structural({ type: 'tool-result', ...tool, input: {}, output: 1 })
      }
      case 'flush':
        return this.#flush()
      case 'ask':
        return this.#ask()
    }
  }

  async finish(reason: FinishReason, alongside: readonly EventDraft[]): Promise<void> {
    await this.#writer.finish({ reason, usage }, alongside)
    this.#acknowledge()
  }

  async wait(): Promise<void> {
    const { random } = this.#world
    const least = this.awaits ? 0 : 1
    for (let calls = random.between(least, 2); calls > 0; calls--) await this.#ask()
    await this.#writer.suspend({ usage })
    this.#acknowledge()
    this.#world.count('began to wait')
    this.#world.trace(this.#target.runId, `waits, at ${this.#at.life.name}`)
  }

  async steer(next: MessageDraft): Promise<boolean> {
    const { store, life } = this.#at
    const { sessionId, runId, attempt } = this.#target
    if (this.#writer.hasOpenCalls) return false
    const { head } = await this.#world.persist(life, () => store.head(sessionId))
    const prompts = head.queue.flatMap((each) => (each.kind === 'agent' && each.steer ? each : []))
    if (head.run?.id !== runId || prompts.length === 0) return false
    await store.flush(this.#writer.messageId)
    await this.#world.rest(life, 0, this.#world.random.pick([0, 50]))
    const createdAt = life.now()
    const drafts: EventDraft[] = [
      ...this.#writer.finishDrafts({ reason: 'stop', usage }),
      ...prompts.flatMap(({ runId: queued, messageId: id, parts, author = '' }): EventDraft[] => [
        { type: 'queue-changed', remove: queued },
        {
          type: 'message-created',
          runId,
          message: {
            id,
            role: 'user',
            parts,
            metadata: { createdAt, runId, author },
            status: 'done',
          },
        },
      ]),
      { type: 'message-created', runId, message: next },
    ]
    const guard = { is: 'run', runId, attempt, queued: prompts } as const
    const result = await store.append({ sessionId, drafts, guard })
    if (!this.#world.ledger.committed(life.name, sessionId, result)) {
      this.#world.count('taking refused')
      return false
    }
    this.#acknowledge()
    this.#world.count('steering prompt taken')
    this.#world.trace(runId, `takes ${prompts.length} prompts`)
    return true
  }

  /** Makes a call that a person has to approve, or that a client has to make. */
  async #ask(): Promise<void> {
    const { random } = this.#world
    const toolCall = { toolCallId: this.#world.name('call'), toolName: 'ask', input: {} }
    await this.#structural({ type: 'tool-call', ...toolCall })
    if (random.chance(0.3)) return
    const approvalId = this.#world.name('approval')
    await this.#structural({ type: 'tool-approval-request', approvalId, toolCall })
  }

  /** Resolves when it is committed, with all earlier text. */
  async #structural(part: AgentPart): Promise<void> {
    await this.#writer.write(part)
    this.#acknowledge()
  }

  #acknowledge(): void {
    const { writing } = this.#target
    writing.acknowledged = writing.produced
  }

  async #flush(): Promise<void> {
    const { writing, sessionId, message, runId, attempt } = this.#target
    const { produced } = writing
    await this.#at.store.flush(message.id)
    const { storage, life } = this.#at
    const { head, open } = await this.#world.persist(life, () => storage.state(sessionId))
    // If the run was ended or continued meanwhile, its text is lost.
    const isOurs = head.run?.id === runId && (head.run.attempt ?? 1) === attempt
    if (isOurs && open.some(({ id }) => id === message.id)) writing.acknowledged = produced
  }
}

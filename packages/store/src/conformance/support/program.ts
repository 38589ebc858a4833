import assert from 'node:assert/strict'

import type { EventDraft, Op } from '@caughtup/schema'
import type { Random } from '@caughtup/schema/testing'

import type { Storage } from '../../port/storage.ts'
import type { Bed } from './bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  dequeued,
  enqueued,
  erased,
  finished,
  imported,
  labelled,
  message,
  opened,
  prompt,
  redo,
  replaced,
  reset,
  runEnded,
  runStarted,
  truncated,
  undo,
} from './drafts.ts'
import { allMessages, maintainAll } from './reads.ts'
import { tryWrite } from './writes.ts'

const texts = ['a', 'Hello ', 'ü', '🎉', '\uD83C', '\uDF89', '"\\\n', '漢字', 'x'.repeat(300)]

/** A random program that writes into one session through two openings. */
export class Program {
  readonly session: string
  readonly trace: string[] = []
  readonly #bed: Bed
  readonly #random: Random
  readonly #storages: Storage[]
  /** The open answer, and the number of its parts. */
  #open: { id: string; runId: string; parts: number } | undefined
  #ids = 0

  static async start(bed: Bed, random: Random): Promise<Program> {
    const storages = [await bed.open(), await bed.open()]
    const [first] = storages
    assert(first)
    return new Program(bed, random, storages, await bed.session(first))
  }

  private constructor(bed: Bed, random: Random, storages: Storage[], session: string) {
    this.#bed = bed
    this.#random = random
    this.#storages = storages
    this.session = session
  }

  /** One of the openings. */
  get storage(): Storage {
    return this.#random.pick(this.#storages)
  }

  async step({ imports }: { imports: boolean }): Promise<void> {
    const action = this.#random.weighted({
      turn: 4,
      delta: this.#open ? 30 : 0,
      part: this.#open ? 6 : 0,
      label: this.#open ? 3 : 0,
      finish: this.#open ? 4 : 0,
      queue: 1,
      usage: 1,
      change: this.#open ? 0 : 8,
      boundary: this.#open ? 0 : 1,
      import: imports && !this.#open ? 1 : 0,
      maintain: 1,
      reopen: 1,
    })
    this.trace.push(action)
    switch (action) {
      case 'turn':
        return this.#turn()
      case 'delta':
        return this.#ops([
          {
            op: 'append',
            part: this.#part(),
            text: this.#random.pick(texts),
            ...(this.#random.chance(0.1) && { providerMetadata: { some: { signature: 'x' } } }),
          },
        ])
      case 'part':
        return this.#newPart()
      case 'label':
        return this.#write(labelled(this.#open?.id ?? '', this.#random.pick(texts)))
      case 'finish':
        return this.#finish()
      case 'queue':
        return this.#write(enqueued(this.#id()))
      case 'usage':
        return this.#write({ type: 'usage', add: { inputTokens: 1 }, models: { m: {} } })
      case 'change':
        return this.#change()
      case 'boundary':
        return this.#write(this.#random.chance(0.5) ? reset() : compaction(this.#id()))
      case 'import':
        return this.#write(imported([message(this.#id(), 'there'), message(this.#id(), 'too')]))
      case 'maintain':
        return maintainAll(this.storage)
      case 'reopen':
        // The previous opening stays open, as after a crash.
        this.#storages[this.#random.between(0, 1)] = await this.#bed.open()
    }
  }

  async #turn(): Promise<void> {
    if (this.#open) return this.#finish()
    const [id, runId] = [this.#id(), this.#id()]
    if (this.#random.chance(0.3)) return this.#write(prompt(this.#id()), answer(id))
    this.#open = { id, runId, parts: 1 }
    return this.#write(runStarted(runId), prompt(this.#id()), opened(id))
  }

  #newPart(): Promise<void> {
    assert(this.#open)
    const part = this.#open.parts++
    const call = { type: 'dynamic-tool', toolName: 'read', toolCallId: `t${part}` } as const
    const ops: Op[] = [
      { op: 'append', part: part - 1, text: 'end', done: true },
      { op: 'custom', value: { parts: part } },
      this.#random.chance(0.5)
        ? { op: 'put', part, value: { ...call, state: 'input-streaming', rawInput: '' } }
        : { op: 'put', part, value: { type: 'reasoning', text: '', state: 'streaming' } },
    ]
    return this.#ops(this.#random.chance(0.5) ? ops : ops.slice(2))
  }

  #ops(ops: Op[]): Promise<void> {
    const { id: messageId = '' } = this.#open ?? {}
    return this.#write({ type: 'message-delta', messageId, ops })
  }

  #finish(): Promise<void> {
    assert(this.#open)
    const { id, runId } = this.#open
    this.#open = undefined
    return this.#write(delta(id, 'end'), finished(id), runEnded(runId), dequeued('nobody'))
  }

  async #change(): Promise<void> {
    const shown = await allMessages(this.storage, this.session)
    const id = shown.length > 0 ? this.#random.pick(shown).id : 'nobody'
    await this.#write(
      this.#random.pick([
        undo,
        undo,
        redo,
        replaced(id, 'instead'),
        deleted(id),
        truncated(id),
        truncated(),
        erased(id),
      ]),
    )
    while (await this.storage.maintain({ erase: this.session }));
  }

  #part(): number {
    return this.#random.between(0, (this.#open?.parts ?? 1) - 1)
  }

  #id(): string {
    return `id-${++this.#ids}`
  }

  /** A refused change, which a change of history may be, must leave no trace. */
  async #write(...drafts: EventDraft[]): Promise<void> {
    const storage = this.storage
    const before = await storage.state(this.session)
    const result = await tryWrite(storage, this.session, drafts)
    if (result.refused === undefined) return
    this.trace.push(result.refused)
    assert.deepEqual(await storage.state(this.session), before)
  }
}

import { Buffer } from 'node:buffer'

import { CaughtupError, type ChatFrameOf, transientLength, preview } from '@caughtup/schema'
import { presenceName } from '@caughtup/schema/protocol'

import { RateLimit } from '../access/rate-limit.ts'
import type { Settings } from '../host/server-options.ts'
import type { StreamRegistry } from './stream-registry.ts'
import type { Watchers } from './watchers.ts'

/** What a member or an agent tells all who are watching a session. */
export interface Signal {
  name: string
  /** Anything with a JSON form. */
  data: unknown
}

/** Checks signals, and passes them to the streams of their session. */
export class Signals {
  readonly #settings: Settings
  readonly #watchers: Watchers
  readonly #ofMembers: RateLimit
  readonly #ofRuns: RateLimit

  constructor(settings: Settings, { watchers, peers }: Pick<StreamRegistry, 'watchers' | 'peers'>) {
    const { limits, store } = settings
    const rate = { limits, clock: store.clock }
    this.#settings = settings
    this.#watchers = watchers
    this.#ofMembers = new RateLimit('signalsPerMinute', rate)
    this.#ofRuns = new RateLimit('signalsPerMinute', rate)
    // What a member sent through another process counts here too.
    peers?.listen((note) => {
      if (note.kind === 'transient' && note.frame.from !== undefined) {
        this.#ofMembers.note(note.frame.from)
      }
    })
  }

  /**
   * Resolves when each stream has it, or holds it for its client.
   *
   * @throws CaughtupError `BAD_INPUT`, `LIMIT_EXCEEDED`
   */
  async send(sessionId: string, from: string, signal: Signal): Promise<void> {
    const frame = this.#frame(signal)
    this.#ofMembers.take(from)
    await this.#watchers.tell(sessionId, { frame: { ...frame, from } })
  }

  /** The same for an agent. @throws CaughtupError `BAD_INPUT`, `LIMIT_EXCEEDED` */
  emit({ sessionId, runId }: { sessionId: string; runId: string }, signal: Signal): void {
    const frame = this.#frame(signal)
    this.#ofRuns.take(runId)
    void this.#watchers.tell(sessionId, { frame })
  }

  #frame({ name, data }: Signal): ChatFrameOf<'transient'> {
    assertName(name)
    const { signalBytes: limit } = this.#settings.limits
    const json = jsonOf(data)
    const bytes = Buffer.byteLength(json)
    if (bytes <= limit) return { type: 'transient', name, data: JSON.parse(json) }
    throw new CaughtupError(
      'BAD_INPUT',
      `The data have ${bytes} bytes of JSON, and at most ${limit} are allowed.`,
      { field: 'data', value: preview(json), limit },
    )
  }
}

function assertName(name: string): void {
  const isLong = name.length > transientLength
  if (name !== '' && name !== presenceName && !isLong) return
  const words =
    name === presenceName ? 'is reserved' : `must have 1 to ${transientLength} characters`
  throw new CaughtupError('BAD_INPUT', `The name ${preview(name) || "''"} ${words}.`, {
    field: 'name',
    value: preview(name),
    ...(isLong && { limit: transientLength }),
  })
}

function jsonOf(data: unknown): string {
  let json: string | undefined
  let cause: unknown
  try {
    json = JSON.stringify(data)
  } catch (error) {
    cause = error
  }
  if (json !== undefined) return json
  const message = 'The data must have a JSON form.'
  throw new CaughtupError('BAD_INPUT', message, { field: 'data' }, { cause })
}

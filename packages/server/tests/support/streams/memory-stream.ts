import type { Cursor } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'

import type { LogRead, StreamLog } from '../../../src/adapters/durable-streams/stream-log.ts'

/**
 * A stream in memory that a test writes. Its entries are JSON values, stretches of text or bytes, as its
 * content type says; bytes are base64 here, because answers are texts.
 */
export class MemoryStream implements StreamLog {
  readonly contentType: string
  readonly #entries: Buffer[] = []
  #grown = Promise.withResolvers<void>()

  constructor(contentType: string) {
    this.contentType = contentType
  }

  get isJson(): boolean {
    return mediaType(this.contentType) === 'application/json'
  }

  get isBinary(): boolean {
    return !this.isJson && !mediaType(this.contentType).startsWith('text/')
  }

  get empty(): string {
    return this.isJson ? '[]' : ''
  }

  get tail(): Cursor {
    return { journal: 'memory', seq: this.#entries.length, tag: '' }
  }

  append(entries: readonly Buffer[]): void {
    this.#entries.push(...entries)
    this.#grown.resolve()
    this.#grown = Promise.withResolvers()
  }

  async head(): Promise<Cursor> {
    return this.tail
  }

  async read(after: Cursor | undefined): Promise<LogRead | 'cursor-ahead'> {
    const { seq = 0 } = after ?? {}
    if (seq > this.#entries.length) return 'cursor-ahead'
    const entries = this.#entries.slice(seq)
    return { body: this.#body(entries), next: this.tail, upToDate: true }
  }

  async *follow(after: Cursor, signal: AbortSignal): AsyncGenerator<LogRead> {
    let { seq } = after
    for (;;) {
      const entries = this.#entries.slice(seq)
      seq = this.#entries.length
      if (entries.length > 0) yield { body: this.#body(entries), next: this.tail, upToDate: true }
      else await abortable(this.#grown.promise, signal)
    }
  }

  #body(entries: readonly Buffer[]): string | undefined {
    if (entries.length === 0) return undefined
    if (this.isJson) return `[${entries.join(',')}]`
    return Buffer.concat(entries).toString(this.isBinary ? 'base64' : 'utf8')
  }
}

/** Of a content type, without its parameters. */
export function mediaType(contentType: string): string {
  return contentType.split(';', 1).join('').trim().toLowerCase()
}

import { type Append, CaughtupError, type Limits, type Op, type Part } from '@caughtup/schema'

import { jsonBytes, textBytes } from '../base/bytes.ts'

/** Checks a growing message against its limits. */
export class MessageSize {
  readonly #messageId: string
  readonly #limits: Readonly<Limits>
  /** Bytes of the JSON of each part. */
  readonly #sizes: number[]
  #bytes = 0
  /** Admitted parts: the index of the next one. */
  #partCount: number

  constructor(messageId: string, limits: Readonly<Limits>, parts: readonly Part[]) {
    this.#messageId = messageId
    this.#limits = limits
    this.#partCount = parts.length
    this.#sizes = parts.map(jsonBytes)
    for (const size of this.#sizes) this.#bytes += size
  }

  get bytes(): number {
    return this.#bytes
  }

  get partCount(): number {
    return this.#partCount
  }

  /**
   * Counts an op and returns its bytes. A refused op is not counted.
   *
   * @throws CaughtupError `TOO_LARGE`
   */
  admit(op: Op): number {
    const before = this.#sizes[op.part] ?? 0
    const added = op.op === 'append' ? appendBytes(op) : jsonBytes(op.value)
    const after = op.op === 'append' ? before + added : added
    const bytes = this.#bytes + after - before
    const partCount = Math.max(this.#partCount, op.part + 1)
    this.#assertWithin(bytes, partCount)
    this.#sizes[op.part] = after
    this.#bytes = bytes
    this.#partCount = partCount
    return added
  }

  /** @throws CaughtupError `TOO_LARGE` */
  check(): void {
    this.#assertWithin(this.#bytes, this.#partCount)
  }

  #assertWithin(bytes: number, partCount: number): void {
    const { messageBytes, messageParts } = this.#limits
    if (bytes > messageBytes) throw this.#tooLarge('message', messageBytes, 'bytes')
    if (partCount > messageParts) throw this.#tooLarge('parts', messageParts, 'parts')
  }

  #tooLarge(field: string, limit: number, unit: string): CaughtupError {
    return new CaughtupError(
      'TOO_LARGE',
      `Message ${this.#messageId} would exceed ${limit} ${unit}; it is kept up to here.`,
      { field, limit },
    )
  }
}

function appendBytes({ text, providerMetadata, citations }: Append): number {
  const told = { ...(providerMetadata && { providerMetadata }), ...(citations && { citations }) }
  return textBytes(text) + (providerMetadata || citations ? jsonBytes(told) : 0)
}

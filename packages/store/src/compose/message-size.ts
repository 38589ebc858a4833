import {
  type Append,
  CaughtupError,
  type CustomMetadata,
  type Limits,
  type Op,
  type Part,
} from '@caughtup/schema'

import { jsonBytes, textBytes } from '../base/bytes.ts'
import { assertMetadataBytes, customField } from '../input/assert-limits.ts'

/** The members of a message that count. */
export interface Sized {
  parts: readonly Part[]
  custom?: CustomMetadata | undefined
}

/** Checks a growing message against its limits. */
export class MessageSize {
  readonly #messageId: string
  readonly #limits: Readonly<Limits>
  /** Bytes of the JSON of each part. */
  readonly #sizes: number[]
  /** The host's metadata. */
  #custom: CustomMetadata | undefined
  #bytes: number
  /** Admitted parts: the index of the next one. */
  #partCount: number

  constructor(messageId: string, limits: Readonly<Limits>, { parts, custom }: Sized) {
    this.#messageId = messageId
    this.#limits = limits
    this.#partCount = parts.length
    this.#sizes = parts.map(jsonBytes)
    this.#custom = custom
    this.#bytes = this.#sizes.reduce((sum, size) => sum + size, bytesOf(custom))
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
   * @throws CaughtupError `TOO_LARGE`; `BAD_INPUT` for the host's metadata above `limits.metadataBytes`
   */
  admit(op: Op): number {
    if (op.op === 'custom') return this.#admitCustom(op.value)
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

  /** @throws CaughtupError as `admit` */
  check(): void {
    if (this.#custom) assertMetadataBytes(customField, this.#custom, this.#limits)
    this.#assertWithin(this.#bytes, this.#partCount)
  }

  #admitCustom(custom: CustomMetadata): number {
    const added = assertMetadataBytes(customField, custom, this.#limits)
    const bytes = this.#bytes + added - bytesOf(this.#custom)
    this.#assertWithin(bytes, this.#partCount)
    this.#custom = custom
    this.#bytes = bytes
    return added
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

function bytesOf(custom: CustomMetadata | undefined): number {
  return custom ? jsonBytes(custom) : 0
}

function appendBytes({ text, providerMetadata, citations }: Append): number {
  const told = { ...(providerMetadata && { providerMetadata }), ...(citations && { citations }) }
  return textBytes(text) + (providerMetadata || citations ? jsonBytes(told) : 0)
}

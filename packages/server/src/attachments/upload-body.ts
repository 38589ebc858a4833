import { CaughtupError } from '@caughtup/schema'

import { headBytes } from './media-type.ts'

/**
 * The bytes of an upload: read once, counted, and never whole in memory.
 *
 * What is left when an upload is refused is read and discarded, so that a client that sends its whole body
 * before it reads gets the answer. The HTTP server limits how long that may take.
 */
export class UploadBody {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #limit: number
  readonly #length: number | undefined
  /** What has been read to see the head. */
  readonly #held: Uint8Array[] = []
  #size = 0
  #refused: CaughtupError | undefined

  /** @param length - how many bytes the request announces, if it does */
  constructor(
    body: AsyncIterable<Uint8Array> | undefined,
    { limit, length }: { limit: number; length: number | undefined },
  ) {
    this.#chunks = (body ?? nothing())[Symbol.asyncIterator]()
    this.#limit = limit
    this.#length = length
  }

  /** How many bytes were read so far. */
  get size(): number {
    return this.#size
  }

  /** Why reading ended early, if it did. */
  get refused(): CaughtupError | undefined {
    return this.#refused
  }

  /**
   * The first bytes, fewer if the file is shorter.
   *
   * @throws CaughtupError as {@link rest}
   */
  async head(): Promise<Uint8Array> {
    while (this.#size < headBytes) {
      const chunk = await this.#next()
      if (!chunk) break
      this.#held.push(chunk)
    }
    return new Uint8Array(this.#held.flatMap((chunk) => [...chunk.subarray(0, headBytes)]))
  }

  /**
   * All bytes, with those of the head.
   *
   * @throws CaughtupError `TOO_LARGE` behind the limit, `BAD_INPUT` if the connection breaks
   */
  async *bytes(): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#held.splice(0)
    for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk
    // Some hosts end a body that was cut as if it were complete.
    if (this.#length !== undefined && this.#size !== this.#length) throw this.#refuse(unreadable())
  }

  async discard(): Promise<void> {
    try {
      while (!(await this.#chunks.next()).done);
    } catch {
      // The client disconnected: nothing is left to read.
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    const next = await this.#chunks.next().catch((cause: unknown) => {
      throw this.#refuse(unreadable(cause))
    })
    if (next.done) return undefined
    this.#size += next.value.byteLength
    if (this.#size > this.#limit) throw this.#refuse(fileTooLarge(this.#limit, this.#size))
    return next.value
  }

  #refuse(error: CaughtupError): CaughtupError {
    this.#refused = error
    return error
  }
}

/** @param size - what is known of it: all, or more than the limit */
export function fileTooLarge(limit: number, size: number): CaughtupError {
  return new CaughtupError(
    'TOO_LARGE',
    `The file has ${size} bytes or more; at most ${limit} are allowed.`,
    { field: 'body', value: String(size), limit },
  )
}

/** The connection broke before the end. */
export function unreadable(cause?: unknown): CaughtupError {
  return new CaughtupError(
    'BAD_INPUT',
    'The file did not arrive as a whole.',
    { field: 'body' },
    { cause },
  )
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

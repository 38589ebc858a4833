import { AsyncIteratorClass, type ORPCError, withEventMeta } from '@orpc/server'

import type { ClientStream } from '../streams/client-stream.ts'
import type { SentFrame } from '../streams/sent-frame.ts'
import type { Outlet } from '../streams/outlet.ts'

/** Where a transport that writes streams by itself finds the one that its call opened. */
export interface StreamClaim {
  stream?: ClientStream
}

/** The stream that a call opened, unless it was refused after that: then the stream is closed. */
export function claimed({ stream }: StreamClaim, body: unknown): ClientStream | undefined {
  if (isIterator(body)) return stream
  stream?.cut()
  return undefined
}

export function isIterator(output: unknown): output is AsyncIteratorObject<unknown, unknown, void> {
  return (
    typeof output === 'object' &&
    output !== null &&
    'next' in output &&
    Symbol.asyncIterator in output
  )
}

/**
 * What the procedure of a stream returns. A transport of ours claims the stream and begins it; the
 * iterator is then empty and unused. In a handler of the host, which claims nothing, the stream comes
 * by the iterator.
 */
export function toEventIterator<Frame extends object>(
  stream: ClientStream,
  { claim, signal }: { claim: StreamClaim | undefined; signal: AbortSignal | undefined },
): AsyncIteratorObject<Frame, void, void> & AsyncDisposable {
  if (claim) {
    claim.stream = stream
    return new AsyncIteratorClass<Frame, void>(nothing, async () => undefined)
  }
  const outlet = new IteratorOutlet<Frame>(stream)
  signal?.addEventListener('abort', () => outlet.cut(), { once: true })
  if (signal?.aborted) outlet.cut()
  return new AsyncIteratorClass<Frame, void>(
    () => outlet.next(),
    async (reason) => {
      if (reason !== 'next') outlet.cut()
    },
  )
}

async function nothing(): Promise<IteratorReturnResult<void>> {
  return { done: true, value: undefined }
}

type Item = { sent: SentFrame<object> } | { error: unknown } | { done: true }

/**
 * Frames for one who pulls them. It is full while a frame waits to be pulled; only what ends a stream
 * and the rest of a batch are added to that. This class alone knows that oRPC keeps a frame's id as
 * metadata.
 */
class IteratorOutlet<Frame extends object> implements Outlet {
  readonly #stream: ClientStream
  readonly #items: Item[] = []
  #waiting: PromiseWithResolvers<void> | undefined
  #begun = false
  #over = false

  constructor(stream: ClientStream) {
    this.#stream = stream
  }

  get isFull(): boolean {
    return this.#items.length > 0
  }

  write(sent: SentFrame<object>): void {
    this.#add({ sent })
  }

  end(): void {
    this.#add({ done: true })
  }

  fail(error: ORPCError<string, unknown>): void {
    this.#add({ error })
  }

  cut(): void {
    this.#stream.gone()
    this.#items.length = 0
    this.#add({ done: true })
  }

  async next(): Promise<IteratorResult<Frame, void>> {
    if (!this.#begun) {
      this.#begun = true
      this.#stream.begin(this)
    }
    while (this.#items.length === 0 && !this.#over) {
      this.#waiting = Promise.withResolvers()
      this.#stream.drained()
      await this.#waiting.promise
    }
    const item = this.#items.shift()
    if (!item || 'done' in item) {
      this.#over = true
      return { done: true, value: undefined }
    }
    if ('error' in item) throw item.error
    const { frame, id } = item.sent
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a procedure's stream yields the frames of its contract
    const value = frame as Frame
    return { done: false, value: id === undefined ? value : withEventMeta(value, { id }) }
  }

  #add(item: Item): void {
    this.#items.push(item)
    this.#waiting?.resolve()
  }
}

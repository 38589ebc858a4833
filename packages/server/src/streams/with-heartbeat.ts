import type { Clock } from '@caughtup/schema/clock'

import type { Heartbeat, SentFrame } from './frames.ts'

type Arrived<T> = { result: IteratorResult<T, void> } | { error: unknown }

/**
 * The source's frames, with a heartbeat every `every` ms from the first pull on, even while the source
 * waits. A pull that was answered by a heartbeat continues: its frame comes next.
 */
export async function* withHeartbeat<T>(
  source: AsyncIterator<T, void>,
  { clock, every }: { clock: Clock; every: number },
): AsyncGenerator<T | SentFrame<Heartbeat>, void> {
  let due = clock.monotonic() + every
  let pull: Pull<T> | undefined
  try {
    for (;;) {
      pull ??= new Pull(source)
      await pull.arrivedWithin(due - clock.monotonic(), clock)
      if (clock.monotonic() >= due) {
        due = clock.monotonic() + every
        yield { frame: { type: 'heartbeat', at: clock.now() } }
        continue
      }
      const arrived = pull.take()
      if (!arrived) continue
      pull = undefined
      if ('error' in arrived) throw arrived.error
      if (arrived.result.done) return
      yield arrived.result.value
    }
  } finally {
    await source.return?.()
  }
}

/** One `next()` that can be awaited repeatedly; no wait leaves a listener on it. */
class Pull<T> {
  #arrived: Arrived<T> | undefined
  #wake: () => void = () => {}

  constructor(source: AsyncIterator<T, void>) {
    source.next().then(
      (result) => this.#settle({ result }),
      (error: unknown) => this.#settle({ error }),
    )
  }

  async arrivedWithin(ms: number, clock: Clock): Promise<void> {
    if (this.#arrived || ms <= 0) return
    await new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  take(): Arrived<T> | undefined {
    return this.#arrived
  }

  #settle(arrived: Arrived<T>): void {
    this.#arrived = arrived
    this.#wake()
  }
}

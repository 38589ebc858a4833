import type { Random } from '@caughtup/schema/testing'

import type { StorageFailure } from '../../../src/port/storage-error.ts'
import type { Fate } from './faulty-storage.ts'

const kinds = { fine: 6, slow: 3, stormy: 2, deadly: 1 }
type Kind = keyof typeof kinds

const failures: readonly StorageFailure[] = ['busy', 'full', 'io']

/** How a database behaves towards one host for some time. */
export class Weather {
  readonly #random: Random
  #kind: Kind = 'fine'
  #failure: StorageFailure = 'busy'
  /** Whether no more faults may begin. */
  #settled = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Changes the weather, and returns its name. */
  turn(): string {
    if (this.#settled) return 'fine'
    this.#kind = this.#random.weighted(kinds)
    this.#failure = this.#random.pick(failures)
    return this.#kind === 'stormy' ? this.#failure : this.#kind
  }

  /** Ends all faults for good. */
  settle(): void {
    this.#settled = true
    this.#kind = 'fine'
  }

  readonly fate = (call: string): Fate => {
    const random = this.#random
    switch (this.#kind) {
      case 'fine':
        return random.chance(0.2) ? { delay: random.next(), late: random.next() } : atOnce
      case 'slow':
        return { delay: 40 * random.next(), late: 40 * random.next() }
      case 'stormy':
        return random.chance(0.6) ? { ...atOnce, failure: this.#failure } : atOnce
      case 'deadly':
        return call === 'commit' && random.chance(0.15)
          ? { ...atOnce, crash: random.chance(0.5) ? 'before' : 'after' }
          : { delay: 3 * random.next(), late: 3 * random.next() }
    }
  }
}

const atOnce: Fate = { delay: 0, late: 0 }

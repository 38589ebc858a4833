import { settle } from '@caughtup/schema/testing'
import type { Random } from '@caughtup/schema/testing'

import { Locks, type Resource } from '../../src/engines/memory/locks.ts'

/** How many turns pass before other processes become the quick ones. */
const spell = 40

/**
 * Decides at random which of the waiting operations continues next, one at a time. Some processes are slow
 * for a while, so that others overtake them by far.
 */
export class Turns {
  readonly #random: Random
  #waiting: { who: string; resume: () => void }[] = []
  #speeds = new Map<string, number>()
  #taken = 0

  constructor(random: Random) {
    this.#random = random
  }

  take(who: string): Promise<void> {
    return new Promise((resume) => this.#waiting.push({ who, resume }))
  }

  /** Lets operations continue until the work is done; fails when none can. */
  async run(work: Promise<unknown>): Promise<void> {
    let isOver = false
    const end = () => (isOver = true)
    work.then(end, end)
    for (;;) {
      await settle()
      if (isOver) break
      const next = this.#pick()
      if (!next) throw new Error('No operation can continue: they wait for each other.')
      next.resume()
    }
    await work
  }

  /** Lets late requests finish, for which no caller waits. */
  async drain(): Promise<void> {
    for (;;) {
      await settle()
      const next = this.#pick()
      if (!next) return
      next.resume()
    }
  }

  #pick() {
    if (this.#taken++ % spell === 0) this.#speeds = new Map()
    const speeds = this.#waiting.map(({ who }) => this.#speedOf(who))
    let left = this.#random.next() * speeds.reduce((sum, speed) => sum + speed, 0)
    const index = speeds.findIndex((speed) => (left -= speed) < 0)
    return this.#waiting.splice(Math.max(0, index), 1)[0]
  }

  #speedOf(who: string): number {
    const known = this.#speeds.get(who)
    if (known !== undefined) return known
    const speed = this.#random.pick([1, 1, 1, 10, 0.02])
    this.#speeds.set(who, speed)
    return speed
  }
}

/** Locks that others may take between two of one statement. */
export class SlowLocks extends Locks {
  readonly #turns: Turns

  constructor(turns: Turns) {
    super()
    this.#turns = turns
  }

  override async acquire(owner: object, resource: Resource): Promise<void> {
    await this.#turns.take('locks')
    return super.acquire(owner, resource)
  }
}

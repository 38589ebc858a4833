import type { Clock } from '@caughtup/schema/clock'

import type { Feed } from './feed.ts'
import { Hub, type HubOptions } from './hub.ts'

interface Followed {
  hub: Hub
  /** How many streams are open, at the head or not. */
  streams: number
}

/** The hub of each feed that open streams follow. */
export class Hubs {
  readonly #clock: Clock
  readonly #followed = new Map<string, Followed>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The hub of a key, until `release` is called by the last stream that took it. */
  take(
    key: string,
    { feed, toError }: { feed: () => Feed; toError: HubOptions['toError'] },
  ): { hub: Hub; release: () => void } {
    const followed = this.#followed.get(key) ?? {
      hub: new Hub({ feed: feed(), clock: this.#clock, toError }),
      streams: 0,
    }
    followed.streams++
    this.#followed.set(key, followed)
    const release = () => {
      if (--followed.streams > 0) return
      followed.hub.close()
      this.#followed.delete(key)
    }
    return { hub: followed.hub, release }
  }
}

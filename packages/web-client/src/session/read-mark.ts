import type { View } from '@caughtup/schema/fold'

import type { ClientContext } from '../core/client-context.ts'
import { request } from '../core/request.ts'

/** The caller's read mark in one session, as far as this client has moved it. */
export class ReadMark {
  readonly #context: ClientContext
  readonly #sessionId: string
  #upTo = 0

  constructor(context: ClientContext, sessionId: string) {
    this.#context = context
    this.#sessionId = sessionId
  }

  /**
   * Moves the mark forward to an order; a call that would not move it sends no request.
   *
   * @throws {ChatClientError} if the server did not move it; the next call tries again
   */
  async moveTo(upTo: number): Promise<void> {
    if (upTo <= this.#upTo) return
    const before = this.#upTo
    this.#upTo = upTo
    const input = { sessionId: this.#sessionId, upTo }
    try {
      await request(this.#context, (signal) =>
        this.#context.rpc.activity.markRead(input, { signal }),
      )
    } catch (error) {
      // A later call may have moved it further meanwhile.
      if (this.#upTo === upTo) this.#upTo = before
      throw error
    }
  }
}

/** The order of the newest message that is done. */
export function newestDone({ messages }: View): number {
  return messages.findLast(({ status }) => status === 'done')?.order ?? 0
}

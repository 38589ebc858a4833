import { ORPCError } from '@orpc/server'

import type { SessionView } from '../../src/session/session-view.ts'
import { aborted, rest, type Script } from './harness.ts'
import type { SentFrame } from './recording.ts'

export type OnChat = NonNullable<Script['onChat']>

/** Plays one script per connection, the last one for all that follow. */
export function inTurn(...scripts: OnChat[]): OnChat {
  let connection = 0
  return (input, signal) => {
    const script = scripts[Math.min(connection, scripts.length - 1)]
    if (!script) throw new Error('the test gave no script to play')
    connection += 1
    return script(input, signal)
  }
}

/** Serves these frames and stays open. */
export function serving(...frames: SentFrame[]): OnChat {
  return async function* (_input, signal) {
    yield* frames
    await aborted(signal)
  }
}

export const status = (session: SessionView) => session.getSnapshot().connection.status

/** Advances in steps of a frame, so that received frames are shown. */
export async function shows(
  clock: { advance(ms: number): Promise<void> },
  condition: () => boolean,
) {
  for (let frame = 0; frame < 100 && !condition(); frame++) {
    await rest()
    await clock.advance(16)
  }
  if (!condition()) throw new Error(`never came true: ${condition.toString()}`)
}

/** Refuses the stream. */
export function failing(code: string, status: number, data?: object): OnChat {
  // oxlint-disable-next-line require-yield
  return async function* () {
    throw new ORPCError(code, { status, data })
  }
}

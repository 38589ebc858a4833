import { ManualClock } from '@caughtup/schema/testing'
import type { Agent, RunEndedEvent, RunWaitingEvent } from '@caughtup/server'
import type { StorageFactory } from '@caughtup/store'

import { SteppedAgent } from '../../system/stepped-agent.ts'
import { type Host, openHost } from './host.ts'

/** A recorded database that is in use again, by a clock that stands at the time of the recording. */
export interface Opened {
  host: Host
  clock: ManualClock
  agent: SteppedAgent
  /** The calls of hooks that were made. */
  hooked: (RunEndedEvent | RunWaitingEvent)[]
  /** Closes the host, and whatever serves it, while the clock goes on. */
  close(serving?: { close(): Promise<void> }): Promise<void>
}

/** @param own - in place of the stepped one */
export async function reopen(
  storage: StorageFactory,
  { readAt, files }: { readAt: number; files: string },
  own?: Agent,
): Promise<Opened> {
  const clock = new ManualClock(readAt)
  const agent = new SteppedAgent()
  const hooked: Opened['hooked'] = []
  const hook = (event: RunEndedEvent | RunWaitingEvent) => void hooked.push(event)
  const hooks = { runEnded: hook, runWaiting: hook }
  const host = await openHost({ storage, clock, files, agent: own ?? agent.agent, hooks })
  return {
    host,
    clock,
    agent,
    hooked,
    async close(serving) {
      let isClosed = false
      const closing = (async () => {
        await serving?.close()
        await host.close()
      })().finally(() => (isClosed = true))
      while (!isClosed) await clock.advance(100)
      await closing
    },
  }
}

import type { AgentContext, AgentStream } from '@caughtup/server'

import type { Pace } from '../text/paced.ts'

/** An agent of the demo, which streams at the pace of its context. */
export type DemoAgent = (context: DemoContext) => AgentStream | Promise<AgentStream>

export interface DemoContext extends AgentContext {
  pace: Pace
}

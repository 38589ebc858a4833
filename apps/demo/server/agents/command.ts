import type { AgentStream } from '@caughtup/server'

import type { DemoContext } from './demo-agent.ts'

/** Something to type that always does the same, so that anybody can check what a client shows. */
export interface Command {
  /** Without the slash. */
  name: string
  /** As it is typed, arguments included. */
  usage: string
  what: string
  run(args: readonly string[], context: DemoContext): AgentStream
}

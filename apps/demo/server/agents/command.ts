import type { AgentStream } from '@caughtup/server'

import type { DemoContext } from './demo-agent.ts'

/** A command with a predictable answer, so that anyone can check what a client shows. */
export interface Command {
  /** Without the slash. */
  name: string
  /** As typed, with its arguments. */
  usage: string
  /** Follows the usage in the list of `/help`. */
  description: string
  run(args: readonly string[], context: DemoContext): AgentStream
}

import type { Contract } from '@caughtup/schema'
import type { Router } from '@orpc/server'

import type { ChatContext } from '../host/principal.ts'
import { activityProcedures } from './activity.ts'
import { type ProcedureDeps, procedures } from './base.ts'
import { eventProcedures } from './events.ts'
import { historyProcedures } from './history.ts'
import { messageProcedures } from './messages.ts'
import { runProcedures } from './runs.ts'
import { serverProcedures } from './server.ts'
import { sessionProcedures } from './sessions.ts'
import { streamProcedure } from './stream.ts'
import { usageProcedures } from './usage.ts'

/** Declared by hand to keep zod's types out of this package's declarations. */
export type ChatRouter = Router<Contract, ChatContext>

/** Implements the contract: each procedure authorizes its caller, then calls the room that does the work. */
export function createRouter(deps: ProcedureDeps): ChatRouter {
  const base = procedures(deps)
  // Validating every frame for every client costs several times as much as encoding it, and the store
  // produced its content. The tests validate the frames that they read.
  const streams = procedures(deps, { validatesOutput: false })
  return {
    onChat: streamProcedure(streams, deps),
    sessions: sessionProcedures(base, deps),
    messages: messageProcedures(base, deps),
    runs: runProcedures(base, deps),
    history: historyProcedures(base, deps),
    events: eventProcedures(base, deps),
    activity: activityProcedures(base, streams, deps),
    usage: usageProcedures(base, deps),
    server: serverProcedures(base, deps),
  }
}

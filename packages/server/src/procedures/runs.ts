import type { ProcedureDeps, Procedures } from './base.ts'

export function runProcedures(
  { runs: { interrupt, respond, updateQueued } }: Procedures,
  { access, rates, runs, respondTo, updateQueuedPrompt }: ProcedureDeps,
) {
  return {
    interrupt: interrupt.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'runs.interrupt', input.sessionId)
      rates.interrupts.take(principal.id)
      return { interrupted: await runs.interrupt(id, input.runId) }
    }),
    respond: respond.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'runs.respond', input.sessionId)
      return respondTo.respond(id, input, principal)
    }),
    updateQueued: updateQueued.handler(async ({ input, context: { principal } }) => {
      const { sessionId } = input
      const session = await access.authorizeSession(principal, 'runs.updateQueued', sessionId)
      return updateQueuedPrompt.update(session, input, principal)
    }),
  }
}

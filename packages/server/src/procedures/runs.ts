import type { ProcedureDeps, Procedures } from './base.ts'

export function runProcedures(
  { runs: { interrupt } }: Procedures,
  { access, rates, runs }: ProcedureDeps,
) {
  return {
    interrupt: interrupt.handler(async ({ input, context: { principal } }) => {
      const { id } = await access.authorizeSession(principal, 'runs.interrupt', input.sessionId)
      rates.interrupts.take(principal.id)
      return { interrupted: await runs.interrupt(id, input.runId) }
    }),
  }
}

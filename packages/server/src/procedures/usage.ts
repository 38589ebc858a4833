import type { ProcedureDeps, Procedures } from './base.ts'

export function usageProcedures(
  { usage: { get } }: Procedures,
  { settings, access }: ProcedureDeps,
) {
  return {
    get: get.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'usage.get', input.sessionId)
      return settings.store.usage(id, signal && { signal })
    }),
  }
}

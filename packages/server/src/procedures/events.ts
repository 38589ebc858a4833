import type { ProcedureDeps, Procedures } from './base.ts'

export function eventProcedures(
  { events: { list, summary, get, delete: remove } }: Procedures,
  { settings, access }: ProcedureDeps,
) {
  const { journal } = settings.store
  return {
    list: list.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'events.list', input.sessionId)
      const { sessionId: _, filter, ...query } = input
      return journal.list(id, { ...filter, ...query }, signal && { signal })
    }),
    summary: summary.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'events.summary', input.sessionId)
      return journal.summary(id, input.filter, signal && { signal })
    }),
    get: get.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'events.get', input.sessionId)
      return journal.event(id, input.seq, signal && { signal })
    }),
    delete: remove.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'events.delete', input.sessionId)
      return journal.delete(id, input.upTo, signal && { signal })
    }),
  }
}

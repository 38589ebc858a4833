import { pricedBy } from '../host/price.ts'
import type { ProcedureDeps, Procedures } from './base.ts'

export function usageProcedures(
  { usage: { get, epochs } }: Procedures,
  { settings, access }: ProcedureDeps,
) {
  const priced = pricedBy(settings.price, settings.onError)
  return {
    get: get.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'usage.get', input.sessionId)
      return priced(await settings.store.usage(id, signal && { signal }))
    }),
    epochs: epochs.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'usage.epochs', input.sessionId)
      const { cursor, limit } = input
      const query = { ...cursor, ...(limit !== undefined && { limit }) }
      const page = await settings.store.usageByEpoch(id, query, signal && { signal })
      return { ...page, epochs: page.epochs.map(priced) }
    }),
  }
}

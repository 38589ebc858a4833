import { pricedBy } from '../host/price.ts'
import type { ProcedureDeps, Procedures } from './base.ts'

export function usageProcedures(
  { usage: { get } }: Procedures,
  { settings, access }: ProcedureDeps,
) {
  const priced = pricedBy(settings.price, settings.onError)
  return {
    get: get.handler(async ({ input, context: { principal }, signal }) => {
      const { id } = await access.authorizeSession(principal, 'usage.get', input.sessionId)
      return priced(await settings.store.usage(id, signal && { signal }))
    }),
  }
}

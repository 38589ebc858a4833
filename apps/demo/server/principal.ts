import type { ChatRequest, Principal } from '@caughtup/server'
import { id } from '@caughtup/schema'

/** The caller when the URL names nobody. */
export const localPrincipal: Principal = { id: 'local' }

/**
 * The demo has no passwords: `?as=NAME` in the URL, also in that of a WebSocket, names the caller. A
 * name that is not a valid id is rejected.
 */
export function demoPrincipal({ url = '/' }: ChatRequest): Principal | undefined {
  const name = new URL(url, 'http://demo').searchParams.get('as')
  if (name === null) return localPrincipal
  return id.safeParse(name).success ? { id: name } : undefined
}

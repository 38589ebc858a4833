import type { ChatRequest, Principal } from '@caughtup/server'
import { id } from '@caughtup/schema'

/** Who calls where no name is given. */
export const localPrincipal: Principal = { id: 'local' }

/**
 * The demo knows no passwords: callers are who they say by `?as=` in the URL, which a WebSocket has
 * too. A name that is not an id is nobody.
 */
export function demoPrincipal({ url = '/' }: ChatRequest): Principal | undefined {
  const name = new URL(url, 'http://demo').searchParams.get('as')
  if (name === null) return localPrincipal
  return id.safeParse(name).success ? { id: name } : undefined
}

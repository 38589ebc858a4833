import type { ChatRequest, Principal } from '@caughtup/server'
import { id } from '@caughtup/schema'

/** Who calls where no name is given. */
export const localPrincipal: Principal = { id: 'local' }

/**
 * The demo knows no passwords: callers are who they say, by the header `x-demo-as` or, where there
 * are no headers to set, by `?as=` in the URL. A name that is no id is nobody.
 */
export function demoPrincipal({ headers, url = '/' }: ChatRequest): Principal | undefined {
  const name = headers.get('x-demo-as') ?? new URL(url, 'http://demo').searchParams.get('as')
  if (name === null) return localPrincipal
  return id.safeParse(name).success ? { id: name } : undefined
}

// Who calls: each browser is a visitor of its own, by a cookie that the page brings. With a login of yours, let
// `visitorOf` return the user of its session instead, and remove the rest.
import { createHash, randomBytes } from 'node:crypto'

import type { ChatRequest, Principal } from '@caughtup/server'

export const visitorCookie = 'visitor'

/** The cookie's value. It is a secret: who has it is the visitor. */
const secret = /^[\w-]{43}$/

/** The visitor of a request; `undefined` is answered with 401, and the page loads itself again. */
export function visitorOf({ headers }: Pick<ChatRequest, 'headers'>): Principal | undefined {
  const value = visitorSecret(headers)
  // Ids are stored, and shown to the other members of a session. So the id is not the secret itself.
  return value === undefined
    ? undefined
    : { id: createHash('sha256').update(value).digest('base64url') }
}

/** What the page's answer sets the cookie to: the same again, so that it lasts, or a new one. */
export function renewedSecret(headers: Headers): string {
  return visitorSecret(headers) ?? randomBytes(32).toString('base64url')
}

/** No script reads the cookie, pages of others do not send it, and over HTTPS it goes nowhere else. */
export function cookieOptions(url: string, headers: Headers) {
  // A proxy in front, which speaks HTTPS, says so.
  const protocol = headers.get('x-forwarded-proto') ?? new URL(url).protocol
  const secure = protocol.startsWith('https')
  return { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: 365 * 24 * 60 * 60 } as const
}

function visitorSecret(headers: Headers): string | undefined {
  const cookies = (headers.get('cookie') ?? '').split(/;\s*/)
  const value = cookies
    .find((cookie) => cookie.startsWith(`${visitorCookie}=`))
    ?.slice(visitorCookie.length + 1)
  return value !== undefined && secret.test(value) ? value : undefined
}

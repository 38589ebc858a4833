import { type NextRequest, NextResponse } from 'next/server'

import { cookieOptions, renewedSecret, visitorCookie } from './server/visitor.ts'

/** Gives whoever opens the page the cookie by which the chat knows them. */
export function proxy({ url, headers }: NextRequest): NextResponse {
  const response = NextResponse.next()
  response.cookies.set(visitorCookie, renewedSecret(headers), cookieOptions(url, headers))
  return response
}

export const config = { matcher: '/' }

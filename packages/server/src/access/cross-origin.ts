import { flattenHeader, type StandardHeaders } from '@orpc/standard-server'

/** The headers of an answer that let pages of these origins read it, as procedures have them. */
export function crossOrigin(
  headers: StandardHeaders,
  origins: readonly string[],
  exposed: readonly string[] = [],
): StandardHeaders {
  const origin = flattenHeader(headers['origin'])
  if (origin === undefined || !origins.includes(origin)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    ...(exposed.length > 0 && { 'access-control-expose-headers': exposed.join(', ') }),
  }
}

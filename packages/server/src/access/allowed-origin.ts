/**
 * Whether the page that sent a request may call: one of the same host, or of an allowed origin. Without
 * this check, any page could use credentials that the browser adds by itself (cookies). A request
 * with neither an `Origin` nor a `Sec-Fetch-Site` header does not come from a page.
 *
 * Behind a proxy that rewrites `Host`, the public origin must be listed.
 */
export function isAllowedOrigin(
  page: { origin?: string | undefined; site?: string | undefined },
  host: string,
  allowed: readonly string[],
): boolean {
  const { origin, site } = page
  if (origin !== undefined && allowed.includes(origin)) return true
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}

/**
 * Whether the page that sent a request may call. Pages of the host itself may, and so may those of
 * the origins named. Credentials that a browser adds by itself (cookies) would otherwise serve any
 * page. What sends neither an `Origin` nor a `Sec-Fetch-Site` is not a page.
 *
 * Behind a proxy that rewrites `Host`, name the public origin.
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

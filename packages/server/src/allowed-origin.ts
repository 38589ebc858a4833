/**
 * Whether a page of `origin` may call: no browser sends one without a page's say, so absent is
 * fine; a page of the host itself may, and so may the origins named. Credentials that a browser
 * adds by itself (cookies) would otherwise serve any page.
 *
 * Behind a proxy that rewrites `Host`, name the public origin.
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host
}

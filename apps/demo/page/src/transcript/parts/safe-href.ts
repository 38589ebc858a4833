const safe = new Set(['http:', 'https:', 'data:'])

/** The URL if it is safe in a link of an answer; `javascript:` and the like are not. */
export function safeHref(url: string): string | undefined {
  const parsed = URL.parse(url, location.href)
  return parsed && safe.has(parsed.protocol) ? url : undefined
}

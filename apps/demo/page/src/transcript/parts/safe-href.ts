const safe = new Set(['http:', 'https:', 'data:'])

/** Where a link of an answer may lead; nowhere for what a browser would run, like `javascript:`. */
export function safeHref(url: string): string | undefined {
  const parsed = URL.parse(url, location.href)
  return parsed && safe.has(parsed.protocol) ? url : undefined
}

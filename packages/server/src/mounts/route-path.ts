/**
 * What the segments of a route's path take of a request's path, or undefined if it is another path.
 *
 * @param route - such as `/:id/stream`; `''` is the mount's own path
 * @param pathname - what follows the mount's path, percent-encoded
 */
export function matchPath(route: string, pathname: string): Record<string, string> | undefined {
  const wanted = route.split('/')
  const given = pathname.split('/')
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const text = given[index]
    if (text === undefined) return undefined
    if (segment === '*') {
      const rest = decoded(given.slice(index).join('/'))
      return rest === undefined ? undefined : { ...params, rest }
    }
    if (!segment.startsWith(':')) {
      if (text !== segment) return undefined
      continue
    }
    const value = decoded(text)
    if (value === undefined || value === '') return undefined
    params[segment.slice(1)] = value
  }
  return given.length === wanted.length ? params : undefined
}

/** undefined for what is not percent-encoded. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

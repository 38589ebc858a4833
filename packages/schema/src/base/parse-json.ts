/**
 * Parses JSON and drops members named `__proto__`. Libraries between the store and a client drop them
 * or fail on them, so the two would hold different values.
 */
export function parseJson(text: string): unknown {
  // With escapes, the text may spell the name differently.
  return /__proto__|\\u/.test(text) ? JSON.parse(text, withoutProto) : JSON.parse(text)
}

function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

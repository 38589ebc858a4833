/**
 * The value of a JSON text, without members named `__proto__`: libraries on the way to a client drop
 * them or fall over them, so that they would be in a store and nowhere else.
 */
export function parseJson(text: string): unknown {
  // Escaped, the name is spelt otherwise.
  return /__proto__|\\u/.test(text) ? JSON.parse(text, withoutProto) : JSON.parse(text)
}

function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

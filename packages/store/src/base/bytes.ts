/** The size of a text in UTF-8. */
export function textBytes(text: string): number {
  return Buffer.byteLength(text)
}

/** The size of a value's JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return textBytes(JSON.stringify(value))
}

/**
 * Splits a text into pieces about as long as a model's tokens in English: up to six characters with
 * the white space before them. Joined, the pieces are the text.
 */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,6}|\s+$/g) ?? []
}

/** An estimate of a model's count: four characters per token. */
export function approximateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

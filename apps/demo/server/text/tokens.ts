/**
 * Cuts a text into pieces about as long as a model's tokens are in English: up to six characters
 * with the white space before them. Joined they are the text.
 */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,6}|\s+$/g) ?? []
}

/** Roughly how many tokens a model would count: four characters each. */
export function approximateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

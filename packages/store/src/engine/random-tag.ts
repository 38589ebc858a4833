const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Random characters that are safe in a cursor: 6 bits each. */
export function randomTag(random: () => number, length: number): string {
  let tag = ''
  while (tag.length < length) tag += alphabet.charAt(Math.floor(random() * alphabet.length))
  return tag
}

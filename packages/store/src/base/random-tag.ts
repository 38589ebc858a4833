const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Random characters that are safe in a cursor: 6 bits each. */
export function randomTag(random: () => number, length: number): string {
  let tag = ''
  while (tag.length < length) tag += alphabet.charAt(Math.floor(random() * alphabet.length))
  return tag
}

/** The names of one opening of a database: of its process, and what its entries' cursors carry. */
export function openingNames(random: () => number): { process: string; tag: string } {
  return { process: randomTag(random, 12), tag: randomTag(random, 8) }
}

/** Names a new journal in cursors. */
export function newJournal(random: () => number): string {
  return randomTag(random, 10)
}

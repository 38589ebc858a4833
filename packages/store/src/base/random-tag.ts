const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Random characters that are safe in a cursor: 6 bits each. */
export function randomTag(random: () => number, length: number): string {
  let tag = ''
  while (tag.length < length) tag += alphabet.charAt(Math.floor(random() * alphabet.length))
  return tag
}

/**
 * The names of one opening of a database: of its process, and the tag in the cursors of its
 * entries.
 */
export function openingNames(random: () => number): { process: string; tag: string } {
  return { process: randomTag(random, 12), tag: randomTag(random, 8) }
}

/** The name of a new journal, as cursors have it. */
export function newJournal(random: () => number): string {
  return randomTag(random, 10)
}

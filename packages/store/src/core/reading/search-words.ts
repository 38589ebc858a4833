/*
 * How words are compared, in every engine. An engine indexes what `words` gives, separated by
 * spaces, and must not take it apart any further.
 */

/** Scripts without spaces between words: each character is a word, so that any stretch is found. */
const unspaced =
  '[[\\p{sc=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}]&&[\\p{L}\\p{N}\\p{M}]]'
/** Scripts that meet in one stretch, as in "Pythonで" or "USB를"; digits go with Latin letters. */
const apart = ['Cyrillic', 'Greek', 'Hebrew', 'Arabic', 'Hangul'].map(
  (script) => `\\p{sc=${script}}`,
)
const latin = '\\p{sc=Latin}\\p{N}'
const all = '\\p{L}\\p{N}\\p{M}\\p{Co}'

/** Of a longer word only the beginning counts, in characters: no index takes words of any length. */
const longestWord = 256

const word = new RegExp(
  [
    unspaced,
    ...[latin, ...apart].map((script) => `[[${script}]--${unspaced}]+`),
    `[[${all}]--[${latin}${apart.join('')}${unspaced}]]+`,
  ].join('|'),
  'gv',
)

/**
 * Marks that only tell how a letter is said. Those that make another letter stay: the voicing of
 * kana, the vowels of Indic and Thai scripts, and in Cyrillic those of й, ї, ў and the like, but not ё.
 */
const accent =
  /[[\p{M}&&[\p{sc=Inherited}\p{sc=Hebrew}\p{sc=Arabic}]]--[\u0306\u0308\u3099\u309A]]|(?<!\p{sc=Cyrillic})[\u0306\u0308]|(?<=[еЕ])\u0308/gv

/** What shows nothing and is typed or not, but for the space of no width; and the Arabic stretch. */
const ignored = /[[\p{Default_Ignorable_Code_Point}\u0640]--\u200B]/gv

/** Without case, accents and compatibility forms: what is equal then is found by each other. */
function fold(text: string): string {
  if (/^[\0-\x7F]*$/.test(text)) return text.toLowerCase()
  const letters = bare(text.toWellFormed())
  // By way of upper case ß and ss, ı and i become the same; a sigma at a word's end is one in it.
  const folded = letters.toLowerCase().toUpperCase().toLowerCase()
  return bare(folded).replaceAll('ς', 'σ').normalize('NFC')
}

/** The words of a text, folded, in their order; whatever is neither letter nor digit separates. */
export function words(text: string): string[] {
  return wordsIn(fold(text))
}

/**
 * The phrases that a message must hold, each of neighbouring words; the last word of the last one
 * may be a beginning. A query is plain text, and each stretch without a space is a phrase.
 */
export function phrases(query: string): string[][] {
  return fold(query)
    .split(/\s+/u)
    .map(wordsIn)
    .filter((phrase) => phrase.length > 0)
}

/** What has words of its own in a text that is not folded yet: a character, or a stretch of them. */
const piece = new RegExp(
  `${unspaced}[\\p{M}\\uFF9E\\uFF9F]*|[[${all}\\p{Default_Ignorable_Code_Point}]--${unspaced}]+`,
  'gv',
)

/** Where in a text the phrase begins; `undefined` where its words are not next to each other. */
export function findPhrase(text: string, phrase: readonly string[]): number | undefined {
  /** The newest words, as many as the phrase has, with their places. */
  const last: { word: string; index: number }[] = []
  for (const { 0: found, index } of text.matchAll(piece)) {
    for (const each of words(found)) {
      last.push({ word: each, index })
      if (last.length > phrase.length) last.shift()
      if (last.length === phrase.length && isAt(last, phrase)) return last[0]?.index
    }
  }
  return undefined
}

/** The last word of the phrase may be a beginning. */
function isAt(found: readonly { word: string }[], phrase: readonly string[]): boolean {
  return found.every(({ word: each }, index) => {
    const expected = phrase[index] ?? ''
    return index === phrase.length - 1 ? each.startsWith(expected) : each === expected
  })
}

function wordsIn(folded: string): string[] {
  return (folded.match(word) ?? []).map((each) => each.slice(0, longestWord))
}

function bare(text: string): string {
  return text.normalize('NFKD').replaceAll(accent, '').replaceAll(ignored, '')
}

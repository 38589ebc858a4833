/** Words that a question is made of and that say nothing of what it is about. */
const stopWords: ReadonlySet<string> = new Set(
  `a about after all also am an and any are as at be been before being between both but by called
  can come could defined did do does doing done each every explain few file files find for from
  get give go had happen happens has have he her here him his how i if in into is it its just
  know let like look made make many may me mean more most much my need no nor not of off on one
  only or other our out over please same say see she should show so some such tell than that the
  their them then there these they thing this those to too under up us use used using very want
  was way we were what when where which while who why will with without work would yes you your`.split(
    /\s+/,
  ),
)

/** Whether a term can tell one text from another. */
function isTelling(word: string): boolean {
  return word.length > 1 && !stopWords.has(word.toLowerCase())
}

/** The words of a text, identifiers taken apart: `applyEvent` gives `apply` and `Event`. */
function wordsOf(text: string): string[] {
  return text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []
}

/**
 * A word as the index knows it, so that `reconnecting` finds `reconnects`. A crude cut of English
 * endings: it need only be the same on both sides.
 */
export function stem(word: string): string {
  let term = word.toLowerCase()
  for (const [ending, instead] of endings) {
    if (!term.endsWith(ending) || term.length - ending.length < 3) continue
    term = term.slice(0, -ending.length) + instead
    break
  }
  return term.length > 4 && term.endsWith('e') ? term.slice(0, -1) : term
}

/** Longest first: the first that fits is cut, and no other. */
const endings: readonly (readonly [string, string])[] = [
  ['nesses', ''],
  ['ations', ''],
  ['ation', ''],
  ['ings', ''],
  ['ness', ''],
  ['tion', 't'],
  ['ies', 'y'],
  ['ing', ''],
  ['ers', ''],
  ['er', ''],
  ['ed', ''],
  ['es', ''],
  ['ss', 'ss'],
  ['s', ''],
]

/** The telling words of a query as they were typed, each term once. */
export function queryWords(query: string): string[] {
  const words = new Map<string, string>()
  for (const word of wordsOf(query).filter(isTelling)) {
    if (!words.has(stem(word))) words.set(stem(word), word.toLowerCase())
  }
  return [...words.values()]
}

/** The terms of a text that can tell it from another, in its order, repeats and all. */
export function termsOf(text: string): string[] {
  return wordsOf(text).filter(isTelling).map(stem)
}

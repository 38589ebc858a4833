/** Words that are common in questions and say nothing about their subject. */
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

/** Whether a word helps to tell one text from another. */
function isDistinctive(word: string): boolean {
  return word.length > 1 && !stopWords.has(word.toLowerCase())
}

/** The words of a text, with identifiers split: `applyEvent` gives `apply` and `Event`. */
function wordsOf(text: string): string[] {
  return text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []
}

/**
 * The stem of a word, so that `reconnecting` finds `reconnects`. Cutting common English endings is
 * enough: texts and queries only have to agree.
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

/** Longest first: only the first ending that fits is cut. */
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

/** The distinctive words of a query as typed, each term once. */
export function queryWords(query: string): string[] {
  const words = new Map<string, string>()
  for (const word of wordsOf(query).filter(isDistinctive)) {
    if (!words.has(stem(word))) words.set(stem(word), word.toLowerCase())
  }
  return [...words.values()]
}

/** The distinctive terms of a text, in order and with repeats. */
export function termsOf(text: string): string[] {
  return wordsOf(text).filter(isDistinctive).map(stem)
}

import type { Repository } from './repository.ts'
import type { Section } from './section.ts'
import { splitFile } from './split-file.ts'
import { queryWords, stem, termsOf } from './terms.ts'

export interface Match {
  section: Section
  score: number
  /** The query's words that it contains. */
  words: string[]
}

/** BM25's usual k1 (how soon repeats of a word stop counting) and b (the penalty for length). */
const saturation = 1.2
const lengthPenalty = 0.75
/** A word in a title says more than one in the text; the path is a title too. */
const titleCount = 4
const pathCount = 2

/** A title that the query spells exactly (`applyEvent`) is most likely meant. */
const namedWeight = 2
/** The next best: a title whose words are all in the query. */
const coveredWeight = 1.5
/** Explanations answer questions better than code and tests that use the words. */
const kindWeight: Record<Section['kind'], number> = { prose: 1.3, code: 1, test: 0.5, other: 0.4 }
/** Code with a comment above it explains more than code without. */
const uncommentedWeight = 0.7
/** The demo, the scripts and the proofs only use what the packages and documents define. */
const userWeight = 0.5

interface Indexed {
  section: Section
  length: number
  titleTerms: readonly string[]
  /** The factor of its kind and folder. */
  weight: number
}

/**
 * Finds the sections of the repository that are about something.
 *
 * The score is BM25 over weighted word counts (a rare word counts more, its repeats less and less,
 * a long section less than a short one), times the share of the query's words in the section, times
 * the weights of its kind and title.
 */
export class SearchIndex {
  readonly #entries: Indexed[] = []
  /** For each term, the sections that contain it, with their weighted counts. */
  readonly #postings = new Map<string, Map<number, number>>()
  readonly #paths = new Set<string>()
  readonly #meanLength: number

  constructor(repository: Repository) {
    for (const { path, text } of repository.texts) {
      this.#paths.add(path)
      for (const section of splitFile(path, text)) this.#add(section)
    }
    const total = this.#entries.reduce((sum, { length }) => sum + length, 0)
    this.#meanLength = total / Math.max(1, this.#entries.length)
  }

  /** All sections, in the order of their files. */
  get sections(): Section[] {
    return this.#entries.map(({ section }) => section)
  }

  get size(): number {
    return this.#entries.length
  }

  has(path: string): boolean {
    return this.#paths.has(path)
  }

  /** The section of a file with this title. */
  section(path: string, title: string): Section | undefined {
    const found = this.#entries.find(
      ({ section }) => section.path === path && section.title === title,
    )
    return found?.section
  }

  /** The number of sections that contain a word. */
  countOf(word: string): number {
    return this.#postings.get(stem(word))?.size ?? 0
  }

  /** Every section with a word of the query, best first. */
  search(query: string): Match[] {
    const words = queryWords(query)
    const terms = words.map(stem)
    const names = new Set(query.split(/[^\w$.-]+/))
    return [...this.#scores(words)]
      .flatMap(([place, { score, found }]) => {
        const entry = this.#entries[place]
        if (!entry) return []
        const share = found.length / words.length
        const weight = entry.weight * titleWeight(entry, names, terms)
        return [{ section: entry.section, words: found, score: score * share * weight }]
      })
      .toSorted((a, b) => b.score - a.score)
  }

  #scores(words: readonly string[]): Map<number, { score: number; found: string[] }> {
    const scores = new Map<number, { score: number; found: string[] }>()
    for (const word of words) {
      const postings = this.#postings.get(stem(word))
      if (!postings) continue
      const rarity = Math.log(1 + this.#entries.length / postings.size)
      for (const [place, weight] of postings) {
        const entry = scores.get(place) ?? { score: 0, found: [] }
        entry.score += rarity * this.#saturated(place, weight)
        entry.found.push(word)
        scores.set(place, entry)
      }
    }
    return scores
  }

  #saturated(place: number, weight: number): number {
    const length = this.#entries[place]?.length ?? 0
    const norm = 1 - lengthPenalty + lengthPenalty * (length / this.#meanLength)
    return (weight * (saturation + 1)) / (weight + saturation * norm)
  }

  #add(section: Section): void {
    const place = this.#entries.length
    const terms = termsOf(section.text)
    const titleTerms = termsOf(section.title)
    this.#entries.push({ section, length: terms.length, titleTerms, weight: weightOf(section) })
    this.#count(place, terms, 1)
    this.#count(place, titleTerms, titleCount)
    this.#count(place, termsOf(section.path), pathCount)
  }

  #count(place: number, terms: readonly string[], weight: number): void {
    for (const term of terms) {
      const postings = this.#postings.get(term) ?? new Map<number, number>()
      postings.set(place, (postings.get(place) ?? 0) + weight)
      this.#postings.set(term, postings)
    }
  }
}

function weightOf({ kind, path, text }: Section): number {
  const isBare = kind === 'code' && !/^\s*\//.test(text)
  const isUser = /^(apps|scripts|benches)\/|(^|\/)(tests|testing)\//.test(path)
  return kindWeight[kind] * (isBare ? uncommentedWeight : 1) * (isUser ? userWeight : 1)
}

function titleWeight(
  { section: { title }, titleTerms }: Indexed,
  names: ReadonlySet<string>,
  terms: readonly string[],
): number {
  if (title.length > 3 && names.has(title)) return namedWeight
  const isCovered = titleTerms.length > 0 && titleTerms.every((term) => terms.includes(term))
  return isCovered ? coveredWeight : 1
}

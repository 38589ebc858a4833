import type { OfferedPrompt } from '../../shared/ask-next.ts'
import type { Section } from '../repository/section.ts'
import { type CuratedAnswer, curatedAnswers } from './curated-answers.ts'
import { sourceLink } from './source-link.ts'

/** The written answer in Markdown, with the code of its first source if it shows that, and its sources. */
export function composeCurated(
  question: string,
  { text, code }: CuratedAnswer,
  sources: readonly Section[],
): string {
  const [first] = sources
  const block = code && first ? firstCode(first.text) : undefined
  return [
    `## ${question.replaceAll(/\s+/g, ' ')}`,
    text,
    ...(block === undefined ? [] : [block]),
    `From ${sources.map(sourceLink).join(' and ')}.`,
  ].join('\n\n')
}

/** The first block of TypeScript of a text, with its fence. */
function firstCode(text: string): string | undefined {
  return /^```tsx?\n[\s\S]*?^```$/m.exec(text)?.[0]
}

/** The questions after this one in the list, which are read one after another by who goes on asking. */
export function promptsBeside(answer: CuratedAnswer): OfferedPrompt[] {
  const place = curatedAnswers.indexOf(answer)
  const others = [...curatedAnswers.slice(place + 1), ...curatedAnswers.slice(0, place)]
  return others
    .slice(0, 3)
    .flatMap(({ asks: [prompt] }) => (prompt === undefined ? [] : { prompt }))
}

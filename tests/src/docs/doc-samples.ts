import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The root of the repository. */
export const repositoryRoot = path.resolve(import.meta.dirname, '../../..')

/** Pages that show a task from a server to what its users see. */
export const howTos = [
  'approvals',
  'attachments',
  'offline',
  'search',
  'sqlite-to-postgres',
  'transcripts',
  'versions',
].map((name) => `docs/${name}.md`)

export interface Sample {
  /** Its file and its first line. */
  place: string
  /** The heading that it stands under, without its #. */
  heading: string
  language: 'ts' | 'tsx'
  code: string
}

/** The TypeScript samples of a Markdown file: its fenced blocks marked `ts` or `tsx`. */
export function samplesIn(file: string): Sample[] {
  const text = readFileSync(path.join(repositoryRoot, file), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map((match) => {
    const [, language, code = ''] = match
    const before = text.slice(0, match.index)
    const line = before.split('\n').length
    const heading = /^#+ (.*)$/.exec(before.split('\n').findLast((one) => /^#+ /.test(one)) ?? '')
    return {
      place: `${file}:${line}`,
      heading: heading?.[1] ?? '',
      language: language === 'tsx' ? 'tsx' : 'ts',
      code,
    }
  })
}

/** The sample that stands under a heading. @throws Error if there is none, or several */
export function sampleUnder(samples: readonly Sample[], heading: string): Sample {
  const [sample, ...others] = samples.filter((one) => one.heading === heading)
  if (sample && others.length === 0) return sample
  throw new Error(`${sample ? 'Several samples stand' : 'No sample stands'} under “${heading}”.`)
}

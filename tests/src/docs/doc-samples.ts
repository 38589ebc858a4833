import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The root of the repository. */
export const repositoryRoot = path.resolve(import.meta.dirname, '../../..')

export interface Sample {
  /** Its file and its first line. */
  place: string
  language: 'ts' | 'tsx'
  code: string
}

/** The TypeScript samples of a Markdown file: its fenced blocks marked `ts` or `tsx`. */
export function samplesIn(file: string): Sample[] {
  const text = readFileSync(path.join(repositoryRoot, file), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map((match) => {
    const [, language, code = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    return { place: `${file}:${line}`, language: language === 'tsx' ? 'tsx' : 'ts', code }
  })
}

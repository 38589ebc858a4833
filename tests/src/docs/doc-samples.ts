import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder that holds the README. */
export const repositoryRoot = path.resolve(import.meta.dirname, '../../..')

export interface Sample {
  /** The file it stands in, and the line it begins at. */
  place: string
  language: 'ts' | 'tsx'
  code: string
}

/** The TypeScript samples of a markdown file: its fenced blocks marked `ts` or `tsx`. */
export function samplesIn(file: string): Sample[] {
  const text = readFileSync(path.join(repositoryRoot, file), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map((match) => {
    const [, language, code = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    return { place: `${file}:${line}`, language: language === 'tsx' ? 'tsx' : 'ts', code }
  })
}

import type { Section } from '../repository/section.ts'

/** Where the demo's server shows a file of the repository, at a line. */
export function sourceHref(path: string, line: number): string {
  return `/source/${path.split('/').map(encodeURIComponent).join('/')}#L${line}`
}

export function sourceLink({ path, from }: Section): string {
  return `[${path}:${from}](${sourceHref(path, from)})`
}

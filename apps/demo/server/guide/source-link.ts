import { posix } from 'node:path'

import type { Section } from '../repository/section.ts'

/** Where the demo's server shows a file of the repository, at a line. */
export function sourceHref(path: string, line: number): string {
  return `/source/${path.split('/').map(encodeURIComponent).join('/')}#L${line}`
}

export function sourceLink({ path, from }: Section): string {
  return `[${path}:${from}](${sourceHref(path, from)})`
}

/** Makes the relative links of a quoted file lead where they led; the text of others stays. */
export function rebaseLinks(
  markdown: string,
  path: string,
  isFile: (path: string) => boolean,
): string {
  return markdown.replaceAll(
    /!?\[([^\]]*)\]\((?![a-z]+:|[#/])([^)#\s]+)[^)]*\)/g,
    (_link, text: string, target: string) => {
      const file = posix.join(posix.dirname(path), target)
      return isFile(file) ? `[${text}](${sourceHref(file, 1)})` : text
    },
  )
}

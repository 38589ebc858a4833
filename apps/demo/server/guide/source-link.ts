import { posix } from 'node:path'

import type { Section } from '../repository/section.ts'

/** The URL at which the demo's server shows a line of a file. */
export function sourceHref(path: string, line: number): string {
  return `/source/${path.split('/').map(encodeURIComponent).join('/')}#L${line}`
}

export function sourceLink({ path, from }: Section): string {
  return `[${path}:${from}](${sourceHref(path, from)})`
}

/** Points relative links of a quoted file to source pages; a link to an unknown file becomes its text. */
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

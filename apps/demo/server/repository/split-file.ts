import type { Section } from './section.ts'
import { splitCode } from './split-code.ts'
import { splitMarkdown } from './split-markdown.ts'

/** Lines of a section in a file of unknown structure: about a screen. */
const stretch = 40

export function splitFile(path: string, text: string): Section[] {
  if (path.endsWith('.md')) return splitMarkdown(path, text)
  if (/\.[cm]?[jt]sx?$/.test(path)) return splitCode(path, text)
  return splitLines(path, text)
}

function splitLines(path: string, text: string): Section[] {
  const lines = text.split('\n')
  const title = path.slice(path.lastIndexOf('/') + 1)
  const sections: Section[] = []
  for (let start = 0; start < lines.length; start += stretch) {
    const part = lines.slice(start, start + stretch)
    const body = part.join('\n')
    if (body.trim() === '') continue
    sections.push({
      path,
      title,
      kind: 'other',
      from: start + 1,
      to: start + part.length,
      text: body,
    })
  }
  return sections
}

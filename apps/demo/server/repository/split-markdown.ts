import type { Section } from './section.ts'

/** Splits at headings, but not at a `#` inside a fenced code block. */
export function splitMarkdown(path: string, text: string): Section[] {
  const lines = text.split('\n')
  const sections: Section[] = []
  let from = 1
  let title = fileTitle(path)
  let fence: string | undefined
  const close = (to: number) => {
    const body = lines.slice(from - 1, to).join('\n')
    if (body.trim() !== '') sections.push({ path, title, kind: 'prose', from, to, text: body })
  }
  for (const [index, line] of lines.entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined) {
      if (fence === undefined) fence = mark
      else if (mark.startsWith(fence)) fence = undefined
    }
    const heading = fence === undefined ? /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1] : undefined
    if (heading === undefined) continue
    close(index)
    from = index + 1
    title = heading
  }
  close(lines.length)
  return sections
}

function fileTitle(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

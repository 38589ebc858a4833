import type { PromptPart, Session } from '@caughtup/schema'

import type { Settings } from '../host/server-options.ts'

/** Length of a title in UTF-16 units: about what a list shows in one line. */
const titleUnits = 60

/** Names an untitled session after the first line of its first prompt. */
export async function titleSession(
  { store, onError }: Settings,
  { id, title }: Session,
  parts: readonly PromptPart[],
): Promise<void> {
  const text = parts.find((part) => part.type === 'text')?.text ?? ''
  const firstLine = text.trim().split('\n', 1)[0]?.trim() ?? ''
  if (title !== '' || firstLine === '') return
  const name = shortened(firstLine, titleUnits)
  try {
    await store.sessions.update(id, { title: name, ifTitle: '' })
  } catch (error) {
    // The prompt is accepted; a missing title must not turn that into an error.
    onError(error, 'titling a session')
  }
}

/** Shortens a line to `most` UTF-16 units, without cutting a character (grapheme) in two. */
function shortened(line: string, most: number): string {
  if (line.length <= most) return line
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(line.slice(0, 2 * most))) {
    if (kept.length + segment.length >= most) break
    kept += segment
  }
  return `${kept}…`
}

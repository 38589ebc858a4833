import type { Prompt } from '@caughtup/web-client'

import type { Attachment } from '../attachments/attachment.ts'

/** The prompt of a text and the files that are uploaded: these come first, as models like it. */
export function promptOf(text: string, attachments: readonly Attachment[]): Prompt {
  const files = attachments.flatMap((one) => (one.state === 'ready' ? [one.part] : []))
  const trimmed = text.trim()
  if (files.length === 0) return { text: trimmed }
  return {
    parts: [...files, ...(trimmed === '' ? [] : [{ type: 'text' as const, text: trimmed }])],
  }
}

import type { PromptPart } from '@caughtup/schema'
import { type KeyboardEvent, useState } from 'react'

import { promptText } from '../format/prompt-text.ts'

interface PromptFieldProps {
  parts: readonly PromptPart[]
  /** Called with the new content, or without one if it is to stay. */
  onDone: (parts?: readonly PromptPart[]) => void
}

/** The text of a prompt that waits, as a field: Enter keeps the new one, Escape the old one. */
export function PromptField({ parts, onDone }: PromptFieldProps) {
  const files = parts.filter((part) => part.type !== 'text')
  const [text, setText] = useState(promptText(parts.filter((part) => part.type === 'text')))
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      // Handled here: it must not stop the answer.
      event.preventDefault()
      onDone()
    }
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      onDone(text.trim() === '' ? undefined : [...files, { type: 'text', text: text.trim() }])
    }
  }
  return (
    <input
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of what was activated
      autoFocus
      aria-label="Queued prompt"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      className="h-8 w-full rounded-lg border border-input bg-background px-3 text-sm"
    />
  )
}

import { type KeyboardEvent, useState } from 'react'

interface RenameFieldProps {
  title: string
  /** Called with the new title, or without one if it did not change. */
  onDone: (title?: string) => void
  className?: string
}

/** Edits a title: Enter and leaving the field keep the change, Escape discards it. */
export function RenameField({ title, onDone, className = '' }: RenameFieldProps) {
  const [text, setText] = useState(title)

  const keep = () => {
    const next = text.trim()
    onDone(next && next !== title ? next : undefined)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) keep()
    if (event.key === 'Escape') {
      // Handled here: it must neither close a sheet nor stop the answer.
      event.preventDefault()
      onDone()
    }
  }

  return (
    <input
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of what was activated
      autoFocus
      aria-label="Chat title"
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={keep}
      onKeyDown={onKeyDown}
      className={`min-w-0 rounded-md border border-input bg-background px-2 ${className}`}
    />
  )
}

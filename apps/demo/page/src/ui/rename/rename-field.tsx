import { type KeyboardEvent, useRef, useState } from 'react'

interface RenameFieldProps {
  title: string
  /** Called once: with the new title, if it changed, and whether a key ended it. */
  onDone: (title: string | undefined, byKey: boolean) => void
  className?: string
}

/** Edits a title: Enter and leaving the field keep the change, Escape discards it. */
export function RenameField({ title, onDone, className = '' }: RenameFieldProps) {
  const [text, setText] = useState(title)

  // The field loses the focus once more as it goes.
  const isDone = useRef(false)

  const finish = (keeps: boolean, byKey: boolean) => {
    if (isDone.current) return
    isDone.current = true
    const next = text.trim()
    onDone(keeps && next && next !== title ? next : undefined, byKey)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      // Or the key would press the button that takes the field's place.
      event.preventDefault()
      finish(true, true)
    }
    if (event.key === 'Escape') {
      // Handled here: it must neither close a sheet nor stop the answer.
      event.preventDefault()
      finish(false, true)
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
      onBlur={() => finish(true, false)}
      onKeyDown={onKeyDown}
      className={`min-w-0 rounded-md border border-input bg-background px-2 ${className}`}
    />
  )
}

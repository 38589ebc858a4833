import type { PromptPart, QueuedRun } from '@caughtup/schema'
import { Clock, CornerRightUp, Pencil, X } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'

import { useShownSession } from '../client/session-context.tsx'
import { promptText } from '../format/prompt-text.ts'
import { focusComposer } from '../ui/focus-composer.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { QueueEntry } from './queue-entry.tsx'

interface QueuedPromptProps {
  run: Extract<QueuedRun, { kind: 'agent' }>
  onCancel: () => void
}

/** A prompt that waits: it can be edited, offered to the answer that is being written, or removed. */
export function QueuedPrompt({ run, onCancel }: QueuedPromptProps) {
  const { session, send } = useShownSession()
  const { attempt } = useToasts()
  const [editing, setEditing] = useState(false)

  if (editing) {
    return (
      <QueuedEdit
        parts={run.parts}
        onDone={(parts) => {
          setEditing(false)
          focusComposer()
          if (parts) attempt('Editing the prompt', () => session.updateQueued(run.runId, parts))
        }}
      />
    )
  }
  if (run.retry) {
    return (
      <QueueEntry icon={Clock} text="Answer again">
        <IconButton icon={X} label="Cancel this" size="small" onClick={onCancel} />
      </QueueEntry>
    )
  }
  const steer = () => {
    onCancel()
    send({ parts: run.parts, whenBusy: 'steer' })
  }
  return (
    <QueueEntry icon={run.steer ? CornerRightUp : Clock} text={promptText(run.parts)}>
      {!run.steer && (
        <IconButton
          icon={CornerRightUp}
          label="Offer it to the answer that is being written"
          size="small"
          onClick={steer}
        />
      )}
      <IconButton
        icon={Pencil}
        label="Edit this prompt"
        size="small"
        onClick={() => setEditing(true)}
      />
      <IconButton icon={X} label="Cancel this prompt" size="small" onClick={onCancel} />
    </QueueEntry>
  )
}

interface QueuedEditProps {
  parts: readonly PromptPart[]
  /** Called with the new content, or without one if it is to stay. */
  onDone: (parts?: readonly PromptPart[]) => void
}

function QueuedEdit({ parts, onDone }: QueuedEditProps) {
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
    <li className="flex min-h-8 items-center">
      <input
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of what was activated
        autoFocus
        aria-label="Queued prompt"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-8 w-full rounded-lg border border-input bg-background px-3 text-sm"
      />
    </li>
  )
}

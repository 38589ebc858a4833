import type { QueuedRun } from '@caughtup/schema'
import { Clock, CornerRightUp, Pencil, X } from 'lucide-react'
import { useState } from 'react'

import { useShownSession } from '../client/session-context.tsx'
import { promptText } from '../format/prompt-text.ts'
import { focusComposer } from '../ui/focus-composer.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { PromptField } from './prompt-field.tsx'
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
      <li className="flex min-h-8 items-center">
        <PromptField
          parts={run.parts}
          onDone={(parts) => {
            setEditing(false)
            focusComposer()
            if (parts) attempt('Editing the prompt', () => session.updateQueued(run.runId, parts))
          }}
        />
      </li>
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

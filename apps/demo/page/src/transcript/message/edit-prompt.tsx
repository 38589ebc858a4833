import type { Message, PromptPart } from '@caughtup/schema'
import { type KeyboardEvent, useState } from 'react'

import { messageText } from '../../../../shared/message-text.ts'
import { useShownSession } from '../../client/session-context.tsx'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

interface EditPromptProps {
  message: Message
  /** Whether a run is active: a correction has to wait for its end. */
  busy: boolean
  onDone: () => void
}

/** Edits a prompt that was sent: corrects it where it is, or asks again with it in its place. */
export function EditPrompt({ message, busy, onDone }: EditPromptProps) {
  const { session } = useShownSession()
  const { attempt } = useToasts()
  const [text, setText] = useState(messageText(message))
  const isEmpty = text.trim() === ''
  // What is attached to it stays.
  const parts: PromptPart[] = [
    ...message.parts.filter((part) => part.type === 'file'),
    { type: 'text', text: text.trim() },
  ]

  const resend = () => {
    if (isEmpty) return
    attempt('Asking again', () => session.resend(message.id, { parts }))
    onDone()
  }
  const correct = () => {
    attempt('Correcting the prompt', () => session.history.edit(message.id, parts))
    onDone()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      // Handled here: it must not stop the answer.
      event.preventDefault()
      onDone()
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      resend()
    }
  }

  return (
    <form
      aria-label="Edit the prompt"
      className="w-full rounded-2xl border border-input bg-card p-2"
      onSubmit={(event) => {
        event.preventDefault()
        resend()
      }}
    >
      <textarea
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of what was activated
        autoFocus
        aria-label="Prompt"
        rows={1}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-[40dvh] min-h-9 w-full resize-none bg-transparent px-2 py-1 outline-none"
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button
          disabled={isEmpty || busy}
          title={
            busy
              ? 'It can be corrected when the answer is complete'
              : 'Changes the prompt and leaves what follows'
          }
          onClick={correct}
        >
          Correct only
        </Button>
        <Button
          look="primary"
          type="submit"
          disabled={isEmpty}
          title="Asks again in its place; what follows stays as a version"
        >
          Ask again
        </Button>
      </div>
    </form>
  )
}

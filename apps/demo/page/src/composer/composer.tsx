import { ArrowUp, Square } from 'lucide-react'
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from 'react'

import { fitHeight } from './fit-height.ts'
import { useDraft } from './use-draft.ts'

interface ComposerProps {
  /** Names the draft's storage: one draft per chat. */
  draftKey: string
  streaming: boolean
  onSend: (text: string) => void
  /** Only for a chat that is gone: a prompt during an answer is queued instead. */
  disabled?: boolean
  /** Set while an answer can be stopped. */
  onStop?: () => void
}

export function Composer({ draftKey, streaming, onSend, disabled = false, onStop }: ComposerProps) {
  const [draft, setDraft] = useDraft(draftKey)
  const field = useRef<HTMLTextAreaElement>(null)
  const canSend = draft.trim() !== '' && !disabled

  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current)
  }, [draft])

  // On a touch screen, focus would open the keyboard over the chat.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  const send = () => {
    if (!canSend) return
    onSend(draft.trim())
    setDraft('')
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // In an input method, Enter confirms a character and must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      className="flex items-end gap-2 rounded-2xl border border-input bg-card p-1.5 pl-4 shadow-xs transition-colors focus-within:border-primary"
    >
      <textarea
        ref={field}
        id="composer"
        data-testid="composer"
        aria-label="Message"
        placeholder={streaming ? 'Write the next prompt; it will be queued' : 'Write a message'}
        rows={1}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-[40dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 text-base leading-6 outline-none placeholder:text-muted-foreground sm:text-[0.9375rem]"
      />
      {onStop && (
        <button
          type="button"
          data-testid="stop"
          title="Stop the answer (Esc)"
          onClick={onStop}
          className="inline-flex h-9 shrink-0 items-center gap-1.5 rounded-xl border border-border px-3 text-sm font-medium hover:bg-muted"
        >
          <Square aria-hidden size={12} fill="currentColor" />
          Stop
        </button>
      )}
      <button
        type="submit"
        aria-label="Send"
        title={streaming ? 'Add to the queue (Enter)' : 'Send (Enter)'}
        disabled={!canSend}
        className="inline-flex size-9 shrink-0 items-center justify-center rounded-xl bg-primary text-primary-foreground transition-opacity hover:bg-primary/90 disabled:opacity-35"
      >
        <ArrowUp aria-hidden size={18} />
      </button>
    </form>
  )
}

import type { Prompt } from '@caughtup/web-client'
import { ArrowUp, CornerRightUp, Square } from 'lucide-react'
import { type KeyboardEvent, type SyntheticEvent, useEffect, useLayoutEffect, useRef } from 'react'

import { IconButton } from '../ui/icon-button.tsx'
import { AttachButton } from './attach-button.tsx'
import { AttachmentList } from './attachment-list.tsx'
import { fitHeight } from './fit-height.ts'
import { useAttachments } from './use-attachments.ts'
import { useDraft } from './use-draft.ts'

interface ComposerProps {
  /** Names the draft's storage: one draft per chat. */
  draftKey: string
  streaming: boolean
  onSend: (prompt: Prompt) => void
  /** Called at each key, and with false once a prompt is sent. */
  onTyping?: (types: boolean) => void
  /** Only for a chat that is gone: a prompt during an answer is queued instead. */
  disabled?: boolean
  /** Set while an answer can be stopped. */
  onStop?: () => void
}

export function Composer(props: ComposerProps) {
  const { draftKey, streaming, onSend, onTyping, disabled = false, onStop } = props
  const [draft, setDraft] = useDraft(draftKey)
  const field = useRef<HTMLTextAreaElement>(null)
  const { attached, add, remove, clear } = useAttachments()
  const canSend = (draft.trim() !== '' || attached.length > 0) && !disabled

  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current)
  }, [draft])

  // On a touch screen, focus would open the keyboard over the chat.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  const send = (steers = false) => {
    if (!canSend) return
    const text = draft.trim()
    const said = text === '' ? [] : [{ type: 'text' as const, text }]
    const content = attached.length > 0 ? { parts: [...attached, ...said] } : { text }
    onSend({ ...content, ...(steers && { whenBusy: 'steer' }) })
    clear()
    onTyping?.(false)
    setDraft('')
    field.current?.focus()
  }
  /** Images that are pasted or dropped are attached; text goes into the field. */
  const take = (event: SyntheticEvent, { files }: DataTransfer) => {
    if (files.length === 0) return
    event.preventDefault()
    add(files)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // In an input method, Enter confirms a character and must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send(streaming && (event.ctrlKey || event.metaKey))
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      className="flex flex-wrap items-end gap-2 rounded-2xl border border-input bg-card p-1.5 pl-4 shadow-xs transition-colors focus-within:border-primary"
    >
      <AttachmentList attached={attached} onRemove={remove} />
      <AttachButton onFiles={add} />
      <textarea
        ref={field}
        id="composer"
        data-testid="composer"
        aria-label="Message"
        placeholder={streaming ? 'Write the next prompt' : 'Write a message'}
        rows={1}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value)
          onTyping?.(true)
        }}
        onKeyDown={onKeyDown}
        onPaste={(event) => take(event, event.clipboardData)}
        onDrop={(event) => take(event, event.dataTransfer)}
        className="field-sizing-content max-h-[40dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 text-base leading-6 outline-none placeholder:text-muted-foreground sm:text-[0.9375rem]"
      />
      {streaming && canSend && (
        <IconButton
          icon={CornerRightUp}
          label="Offer it to the answer that is being written (Ctrl+Enter)"
          onClick={() => send(true)}
        />
      )}
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

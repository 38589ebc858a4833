import type { Prompt } from '@caughtup/web-client'
import { type ComponentPropsWithoutRef, useRef, useState } from 'react'

import type { Upload } from '../attachments/attachment.ts'
import type { AttachmentLimits } from '../attachments/attachment-limits.ts'
import { useAttachments } from '../attachments/use-attachments.ts'
import { useAttempt } from '../ui/ui-provider.tsx'
import { ComposerAttach } from './composer-attach.tsx'
import { ComposerAttachments } from './composer-attachments.tsx'
import { ComposerSend, ComposerSteer, ComposerStop } from './composer-buttons.tsx'
import { ComposerContext, type ComposerState } from './composer-context.ts'
import { ComposerField } from './composer-field.tsx'
import { ComposerRefusals } from './composer-refusals.tsx'
import type { DraftStorage } from './draft-storage.ts'
import { promptOf } from './prompt-of.ts'
import { useDraft } from './use-draft.ts'
import { useDroppedFiles } from './use-dropped-files.ts'

/**
 * Sends a prompt. If it returns a promise, the prompt stays in the field until that resolves; if it rejects,
 * the prompt stays, and the provider's `onError` is told.
 */
export type SendPrompt = (prompt: Prompt) => void | Promise<unknown>

/** What a composer can be given, whatever it sends to. */
export interface ComposerOptions extends Omit<ComponentPropsWithoutRef<'form'>, 'onSubmit'> {
  /**
   * Names the draft in its storage. Where several people use one browser, put the user's id into it.
   *
   * @default the session's id, `new` without a session
   */
  draftKey?: string
  /** Where drafts are kept, `null` for nowhere. One that throws is survived. @default localStorage */
  draftStorage?: DraftStorage | null
  /** Where attached files go. @default into the prompt, as data URLs; images are made smaller first */
  upload?: Upload
  /** What may be attached. */
  limits?: AttachmentLimits
  /** Whether nothing can be sent. Of a session that is gone, it is so by itself. @default false */
  disabled?: boolean
  /** Called with true when the text changes, and with false when it was sent. */
  onTyping?: (typing: boolean) => void
}

interface ComposerFormProps extends ComposerOptions {
  draftKey: string
  streaming: boolean
  onSend: SendPrompt
  onStop?: () => void
}

/** The form, with what its parts share. */
export function ComposerForm({
  draftKey,
  draftStorage,
  upload,
  limits,
  streaming,
  onSend,
  onStop,
  onTyping,
  disabled = false,
  children,
  ...form
}: ComposerFormProps) {
  const attempt = useAttempt()
  const fieldRef = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useDraft(draftKey, draftStorage)
  const { clear, ...files } = useAttachments(upload, limits)
  const [sending, setSending] = useState(false)
  const dropping = useDroppedFiles(form, files.attach)

  const isEmpty = text.trim() === '' && files.attachments.length === 0
  const isUploaded = files.attachments.every(({ state }) => state === 'ready')
  const canSend = !isEmpty && isUploaded && !sending && !disabled

  const emptied = () => {
    setText('')
    clear()
    onTyping?.(false)
  }
  const send = ({ steer = false } = {}) => {
    if (!canSend) return
    const prompt = promptOf(text, files.attachments)
    const sent = onSend(steer ? { ...prompt, whenBusy: 'steer' } : prompt)
    if (sent === undefined) emptied()
    else {
      setSending(true)
      void attempt('send', () => sent.then(emptied)).finally(() => setSending(false))
    }
    fieldRef.current?.focus()
  }
  const composer: ComposerState = {
    ...files,
    text,
    write(next) {
      setText(next)
      onTyping?.(true)
    },
    streaming,
    canSend,
    waitsForFiles: !isUploaded,
    sending,
    disabled,
    send,
    ...(onStop && { stop: onStop }),
    focus: () => fieldRef.current?.focus(),
    fieldRef,
  }
  return (
    <ComposerContext.Provider value={composer}>
      <form
        data-streaming={streaming || undefined}
        {...form}
        {...dropping}
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        {children ?? (
          <>
            <ComposerAttachments />
            <ComposerRefusals />
            <ComposerAttach />
            <ComposerField />
            <ComposerSteer />
            <ComposerStop />
            <ComposerSend />
          </>
        )}
      </form>
    </ComposerContext.Provider>
  )
}

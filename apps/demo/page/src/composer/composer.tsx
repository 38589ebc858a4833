import {
  Composer as Form,
  ComposerAttach,
  ComposerAttachments,
  ComposerField,
  ComposerRefusals,
  ComposerSend,
  ComposerSteer,
  ComposerStop,
  type SendPrompt,
  type Upload,
} from '@caughtup/react-ui'
import { ArrowUp, CornerRightUp, Paperclip, Square } from 'lucide-react'
import { useMemo } from 'react'

import { fileTypes } from '../../../shared/file-limits.ts'
import { type DemoSession, pagePrincipal } from '../client/demo-client.ts'
import { IconButtonIcon, iconButtonLook } from '../ui/icon-button.tsx'
import { AttachedFile } from './attached-file.tsx'
import { fileUpload } from './file-upload.ts'

interface ComposerProps {
  /** The chat that is written to; without one, the first prompt starts one. */
  session?: DemoSession
  onSend: SendPrompt
  /** Called at each change, and with false once a prompt is sent. */
  onTyping?: (types: boolean) => void
  /** Where files go that are too large for a prompt. */
  files: Upload
}

const fileLimits = { accept: fileTypes.join(',') }

export function Composer({ session, onSend, onTyping, files }: ComposerProps) {
  const upload = useMemo(() => fileUpload(files), [files])
  return (
    <Form
      {...(session && { session })}
      // Each user has drafts of their own.
      draftKey={`${pagePrincipal() ?? ''}-${session?.sessionId ?? 'new'}`}
      onSend={onSend}
      upload={upload}
      limits={fileLimits}
      {...(onTyping && { onTyping })}
      className="flex flex-wrap items-end gap-2 rounded-2xl border border-input bg-card p-1.5 pl-4 shadow-xs transition-colors focus-within:border-primary data-dragging:border-dashed data-dragging:border-primary"
    >
      <ComposerAttachments
        className="flex w-full flex-wrap gap-2 py-1"
        itemClassName="relative"
        renderAttachment={(attachment, actions) => (
          <AttachedFile attachment={attachment} {...actions} />
        )}
      />
      <ComposerRefusals className="w-full text-sm wrap-anywhere text-danger empty:hidden" />
      <ComposerAttach className={`-ml-2.5 ${iconButtonLook()}`}>
        <IconButtonIcon icon={Paperclip} />
      </ComposerAttach>
      <ComposerField
        id="composer"
        data-testid="composer"
        focusOnMount
        className="field-sizing-content max-h-[40dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 text-base leading-6 outline-none placeholder:text-muted-foreground sm:text-[0.9375rem]"
      />
      <ComposerSteer className={iconButtonLook()}>
        <IconButtonIcon icon={CornerRightUp} />
      </ComposerSteer>
      <ComposerStop
        data-testid="stop"
        title="Stop the answer (Esc)"
        className="inline-flex h-9 shrink-0 items-center gap-1.5 rounded-xl border border-border px-3 text-sm font-medium hover:bg-muted"
      >
        <Square aria-hidden size={12} fill="currentColor" />
        Stop
      </ComposerStop>
      <ComposerSend className="inline-flex size-9 shrink-0 items-center justify-center rounded-xl bg-primary text-primary-foreground transition-opacity hover:bg-primary/90 disabled:opacity-35">
        <ArrowUp aria-hidden size={18} />
      </ComposerSend>
    </Form>
  )
}

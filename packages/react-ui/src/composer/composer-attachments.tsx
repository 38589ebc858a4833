import type { ComponentPropsWithoutRef, HTMLAttributes, ReactNode } from 'react'

import type { Attachment } from '../attachments/attachment.ts'
import { useTexts } from '../ui/ui-provider.tsx'
import { useComposer } from './composer-context.ts'

/** What a file of the list can be asked for. */
export interface AttachmentActions {
  remove: () => void
  /** Uploads it again; absent if it has not failed. */
  retry?: () => void
}

export interface ComposerAttachmentsProps extends ComponentPropsWithoutRef<'ul'> {
  /** Draws one file, inside of its `<li>`. @default an image or its name, its state, and buttons */
  renderAttachment?: (attachment: Attachment, actions: AttachmentActions) => ReactNode
  /** Of each `<li>`. */
  itemClassName?: string
}

/**
 * A list of the files that go with the next prompt; nothing while there are none. Each `<li>` has its state
 * as `data-state`: `uploading`, `ready` or `failed`. After an action the focus is in the field.
 */
export function ComposerAttachments({
  renderAttachment = renderDefault,
  itemClassName,
  ...props
}: ComposerAttachmentsProps) {
  const { attached } = useTexts().composer
  const { attachments, removeFile, retryUpload, focus } = useComposer()
  if (attachments.length === 0) return null
  return (
    <ul aria-label={attached} {...props}>
      {attachments.map((one) => {
        const after = (act: (id: number) => void) => () => {
          act(one.id)
          focus()
        }
        const actions = {
          remove: after(removeFile),
          ...(one.state === 'failed' && { retry: after(retryUpload) }),
        }
        return (
          <li key={one.id} data-state={one.state} className={itemClassName}>
            {renderAttachment(one, actions)}
          </li>
        )
      })}
    </ul>
  )
}

function renderDefault(attachment: Attachment, actions: AttachmentActions): ReactNode {
  return <DefaultAttachment attachment={attachment} {...actions} />
}

function DefaultAttachment({
  attachment,
  remove,
  retry,
}: AttachmentActions & { attachment: Attachment }) {
  const texts = useTexts().composer
  const { name } = attachment.file
  return (
    <>
      {attachment.preview === undefined ? name : <img src={attachment.preview} alt={name} />}
      <AttachmentStatus attachment={attachment} />
      {retry && (
        <button type="button" onClick={retry}>
          {texts.retryUpload(name)}
        </button>
      )}
      <button type="button" onClick={remove}>
        {texts.removeFile(name)}
      </button>
    </>
  )
}

export interface AttachmentStatusProps extends HTMLAttributes<HTMLElement> {
  attachment: Attachment
}

/** Says that a file is uploading, or why it failed, to a screen reader too. Nothing once it is ready. */
export function AttachmentStatus({ attachment, ...props }: AttachmentStatusProps) {
  const { uploading, notUploaded } = useTexts().composer
  switch (attachment.state) {
    case 'uploading':
      return <output {...props}>{uploading}</output>
    case 'failed':
      return (
        <span role="alert" {...props}>
          {notUploaded(attachment.error)}
        </span>
      )
    case 'ready':
      return null
  }
}

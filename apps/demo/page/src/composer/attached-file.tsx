import { type Attachment, type AttachmentActions, AttachmentStatus } from '@caughtup/react-ui'
import { FileText, RotateCw, X } from 'lucide-react'

interface AttachedFileProps extends AttachmentActions {
  attachment: Attachment
}

const cornerButton =
  'absolute -top-1.5 flex size-6 items-center justify-center rounded-full border border-border bg-card shadow-xs hover:bg-muted'

/** An image or a file that goes with the next prompt. */
export function AttachedFile({ attachment, remove, retry }: AttachedFileProps) {
  const { file, preview, state } = attachment
  return (
    <>
      {preview === undefined ? (
        <span className="flex h-16 max-w-48 items-center gap-2 rounded-lg border border-border px-3 text-sm">
          <FileText aria-hidden size={15} className="shrink-0 text-muted-foreground" />
          <span className="truncate">{file.name}</span>
        </span>
      ) : (
        <img
          src={preview}
          alt={file.name}
          className={`h-16 max-w-32 rounded-lg border border-border object-cover ${state === 'ready' ? '' : 'opacity-50'}`}
        />
      )}
      <AttachmentStatus
        attachment={attachment}
        className={`block max-w-48 text-xs wrap-anywhere ${state === 'failed' ? 'text-danger' : 'text-muted-foreground'}`}
      />
      {retry && (
        <button
          type="button"
          aria-label={`Upload ${file.name} again`}
          onClick={retry}
          className={`${cornerButton} right-5`}
        >
          <RotateCw aria-hidden size={13} />
        </button>
      )}
      <button
        type="button"
        aria-label={`Remove ${file.name}`}
        onClick={remove}
        className={`${cornerButton} -right-1.5`}
      >
        <X aria-hidden size={13} />
      </button>
    </>
  )
}

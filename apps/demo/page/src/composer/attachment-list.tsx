import { X } from 'lucide-react'

import type { Attachment } from './use-attachments.ts'

interface AttachmentListProps {
  attached: readonly Attachment[]
  onRemove: (one: Attachment) => void
}

/** The images that go with the next prompt. */
export function AttachmentList({ attached, onRemove }: AttachmentListProps) {
  if (attached.length === 0) return null
  return (
    <ul aria-label="Attached" className="flex w-full flex-wrap gap-2 py-1">
      {attached.map((one, index) => (
        <li key={index} className="relative">
          <img
            src={one.url}
            alt={one.filename ?? 'Image'}
            className="h-16 max-w-32 rounded-lg border border-border object-cover"
          />
          <button
            type="button"
            aria-label={`Remove ${one.filename ?? 'the image'}`}
            onClick={() => onRemove(one)}
            className="absolute -top-1.5 -right-1.5 flex size-6 items-center justify-center rounded-full border border-border bg-card shadow-xs hover:bg-muted"
          >
            <X aria-hidden size={13} />
          </button>
        </li>
      ))}
    </ul>
  )
}

import { useId } from 'react'

import { Button } from '../button.tsx'
import { useModal } from './use-modal.ts'

interface ConfirmDialogProps {
  title: string
  description: string
  /** The label of the confirming button: the action, not "OK". */
  action: string
  onConfirm: () => void
  onClose: () => void
}

export function ConfirmDialog({
  title,
  description,
  action,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const modal = useModal(onClose)
  const id = useId()
  return (
    <dialog
      {...modal}
      role="alertdialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-description`}
      className="m-auto w-[min(25rem,calc(100vw-2rem))] rounded-2xl border border-border bg-card p-0 text-foreground shadow-xl"
    >
      <div className="p-5">
        <h2 id={`${id}-title`} className="font-semibold">
          {title}
        </h2>
        <p id={`${id}-description`} className="mt-1.5 text-sm text-muted-foreground">
          {description}
        </p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            onClick={() => {
              onConfirm()
              onClose()
            }}
          >
            {action}
          </Button>
        </div>
      </div>
    </dialog>
  )
}

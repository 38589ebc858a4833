import type { ReactNode } from 'react'

import { useModal } from './use-modal.ts'

interface SheetProps {
  label: string
  side: 'left' | 'right'
  onClose: () => void
  children: ReactNode
}

/** A panel over the edge of the page, for windows too narrow to show it beside the chat. */
export function Sheet({ label, side, onClose, children }: SheetProps) {
  const modal = useModal(onClose)
  return (
    <dialog
      {...modal}
      aria-label={label}
      className={`fixed inset-y-0 m-0 h-dvh max-h-none w-[min(21rem,calc(100vw-3rem))] max-w-none border-border bg-sidebar p-0 text-foreground shadow-xl ${
        side === 'left' ? 'left-0 border-r' : 'right-0 left-auto border-l'
      }`}
    >
      <div className="flex h-full flex-col">{children}</div>
    </dialog>
  )
}

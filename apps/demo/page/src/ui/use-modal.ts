import { type MouseEvent, useEffect, useRef } from 'react'

/**
 * Shows a native dialog as a modal for as long as its component is mounted. The browser keeps the
 * focus inside it, and gives the focus back to where it was afterwards.
 */
export function useModal(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    // Removing an open dialog from the page would lose the focus instead of giving it back.
    return () => dialog?.close()
  }, [])
  return {
    ref,
    onCancel: onClose,
    onClick: (event: MouseEvent<HTMLDialogElement>) => {
      // The dialog itself is hit only beside its content: on its backdrop.
      if (event.target === event.currentTarget) onClose()
    },
  }
}

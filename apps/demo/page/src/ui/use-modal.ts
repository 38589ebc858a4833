import { type MouseEvent, useEffect, useRef } from 'react'

/**
 * Shows a native dialog as a modal while its component is mounted. The browser keeps the focus
 * inside, and restores it afterwards.
 */
export function useModal(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    // Close it before it is removed, or the browser would not restore the focus.
    return () => dialog?.close()
  }, [])
  return {
    ref,
    onCancel: onClose,
    onClick: (event: MouseEvent<HTMLDialogElement>) => {
      // Only a click on the backdrop hits the dialog itself.
      if (event.target === event.currentTarget) onClose()
    },
  }
}

import { type MouseEvent, useLayoutEffect, useRef } from 'react'

import { rescueFocus } from '../focus-composer.ts'

/**
 * Shows a native dialog as a modal while its component is mounted. The focus stays inside, and then
 * goes back to what opened the dialog, or to the composer if that is gone.
 */
export function useModal(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null)
  // A layout effect: its cleanup runs while the dialog is still in the page, and only then does closing it
  // restore the focus.
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => {
      dialog?.close()
      // What opened it may go together with it.
      rescueFocus()
    }
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

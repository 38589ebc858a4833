import { type ComponentPropsWithoutRef, type DragEvent, type SyntheticEvent, useState } from 'react'

type Handlers = Pick<
  ComponentPropsWithoutRef<'form'>,
  'onPaste' | 'onDragOver' | 'onDragLeave' | 'onDrop'
>

/**
 * What attaches the files that are pasted or dropped, each after the host's own handler; text goes where it goes
 * anyway. `data-dragging` is set while files are dragged over the element.
 */
export function useDroppedFiles(host: Handlers, attach: (files: Iterable<File>) => void) {
  const [dragging, setDragging] = useState(false)
  const take = (event: SyntheticEvent, { files }: DataTransfer) => {
    if (event.defaultPrevented || files.length === 0) return
    event.preventDefault()
    attach([...files])
  }
  return {
    'data-dragging': dragging || undefined,
    onPaste(event) {
      host.onPaste?.(event)
      take(event, event.clipboardData)
    },
    onDragOver(event) {
      host.onDragOver?.(event)
      if (!event.dataTransfer.types.includes('Files')) return
      // Or the browser would leave the page for the file.
      event.preventDefault()
      setDragging(true)
    },
    onDragLeave(event) {
      host.onDragLeave?.(event)
      if (!staysInside(event)) setDragging(false)
    },
    onDrop(event) {
      host.onDrop?.(event)
      setDragging(false)
      take(event, event.dataTransfer)
    },
  } satisfies ComponentPropsWithoutRef<'form'> & { 'data-dragging': true | undefined }
}

/** Whether what is dragged goes from one part of the element to another. */
function staysInside({ currentTarget, relatedTarget }: DragEvent): boolean {
  return relatedTarget instanceof Node && currentTarget.contains(relatedTarget)
}

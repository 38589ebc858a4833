import { ImagePlus } from 'lucide-react'
import { useRef } from 'react'

import { IconButton } from '../ui/icon-button.tsx'

export function AttachButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <IconButton
        icon={ImagePlus}
        label="Attach an image"
        className="-ml-2.5"
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        aria-label="Image"
        accept="image/*"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          // Or the same file could not be chosen again.
          currentTarget.value = ''
        }}
      />
    </>
  )
}

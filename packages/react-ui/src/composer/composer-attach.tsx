import { useRef } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import type { ComposerButtonProps } from './composer-buttons.tsx'
import { useComposer } from './composer-context.ts'

/** A button that lets people choose files, with the hidden field of files that it opens. */
export function ComposerAttach({ children, ...props }: ComposerButtonProps) {
  const { attach: label, files } = useTexts().composer
  const { attach, accept, disabled, sending } = useComposer()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        aria-label={label}
        title={label}
        {...props}
        type="button"
        disabled={disabled || sending || props.disabled}
        onClick={(event) => {
          props.onClick?.(event)
          if (!event.defaultPrevented) input.current?.click()
        }}
      >
        {children ?? label}
      </button>
      <input
        ref={input}
        type="file"
        aria-label={files}
        accept={accept}
        multiple
        hidden
        onChange={({ currentTarget }) => {
          attach([...(currentTarget.files ?? [])])
          // Or the same file could not be chosen again.
          currentTarget.value = ''
        }}
      />
    </>
  )
}

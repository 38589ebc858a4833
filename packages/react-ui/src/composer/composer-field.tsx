import { type ComponentPropsWithoutRef, type KeyboardEvent, useEffect } from 'react'

import { GrowingField, isPlainEnter } from '../ui/growing-field.tsx'
import { useTexts } from '../ui/ui-provider.tsx'
import { useComposer } from './composer-context.ts'

export interface ComposerFieldProps extends Omit<
  ComponentPropsWithoutRef<'textarea'>,
  'value' | 'defaultValue'
> {
  /** Focuses the field at first, except on a touch screen, where that would open the keyboard over the page. */
  focusOnMount?: boolean
}

/**
 * A `<textarea>` that grows with its text, up to its `max-height`. Enter sends, Shift+Enter breaks the line, and
 * Ctrl+Enter or Cmd+Enter steers while an answer is written.
 */
export function ComposerField({ focusOnMount = false, ...props }: ComposerFieldProps) {
  const texts = useTexts().composer
  const { text, write, streaming, sending, send, fieldRef } = useComposer()

  useEffect(() => {
    if (focusOnMount && matchMedia('(pointer: fine)').matches) fieldRef.current?.focus()
  }, [focusOnMount, fieldRef])

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    props.onKeyDown?.(event)
    if (event.defaultPrevented || !isPlainEnter(event)) return
    event.preventDefault()
    send({ steer: streaming && (event.ctrlKey || event.metaKey) })
  }
  return (
    <GrowingField
      ref={fieldRef}
      aria-label={texts.field}
      placeholder={texts.placeholder(streaming)}
      {...props}
      value={text}
      readOnly={sending || props.readOnly}
      onChange={(event) => {
        props.onChange?.(event)
        write(event.target.value)
      }}
      onKeyDown={onKeyDown}
    />
  )
}

import { type ComponentPropsWithoutRef, type KeyboardEvent, useEffect } from 'react'

import { useBrowserLayoutEffect } from '../ui/use-browser-layout-effect.ts'
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
export function ComposerField({ focusOnMount = false, style, ...props }: ComposerFieldProps) {
  const texts = useTexts().composer
  const { text, write, streaming, sending, send, fieldRef } = useComposer()

  useBrowserLayoutEffect(() => {
    if (fieldRef.current) fitHeight(fieldRef.current)
  }, [text, fieldRef])
  useEffect(() => {
    if (focusOnMount && matchMedia('(pointer: fine)').matches) fieldRef.current?.focus()
  }, [focusOnMount, fieldRef])

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    props.onKeyDown?.(event)
    if (event.defaultPrevented || event.key !== 'Enter' || event.shiftKey) return
    if (isComposing(event)) return
    event.preventDefault()
    send({ steer: streaming && (event.ctrlKey || event.metaKey) })
  }
  return (
    <textarea
      ref={fieldRef}
      aria-label={texts.field}
      placeholder={texts.placeholder(streaming)}
      rows={1}
      {...props}
      value={text}
      readOnly={sending || props.readOnly}
      onChange={(event) => {
        props.onChange?.(event)
        write(event.target.value)
      }}
      onKeyDown={onKeyDown}
      style={{ ...style, ['fieldSizing' as string]: 'content' }}
    />
  )
}

/**
 * Whether a key belongs to an input method, in which Enter confirms a character. Safari ends the composition
 * before its key, which has this code then.
 */
function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else tells it
  return nativeEvent.isComposing || nativeEvent.keyCode === 229
}

/** For browsers without `field-sizing`. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  // Shrink it first: scrollHeight is never less than the height.
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}

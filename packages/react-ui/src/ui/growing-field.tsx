import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type KeyboardEvent,
  useImperativeHandle,
  useRef,
} from 'react'

import { useBrowserLayoutEffect } from './use-browser-layout-effect.ts'

type GrowingFieldProps = ComponentPropsWithoutRef<'textarea'> & { value: string }

/** A `<textarea>` as high as its text, up to its `max-height`. */
export const GrowingField = forwardRef<HTMLTextAreaElement, GrowingFieldProps>(
  function GrowingField({ style, ...props }, ref) {
    const field = useRef<HTMLTextAreaElement>(null)
    // oxlint-disable-next-line typescript/no-non-null-assertion -- it is there when refs are set
    useImperativeHandle(ref, () => field.current!)
    useBrowserLayoutEffect(() => {
      if (field.current) fitHeight(field.current)
    }, [props.value])
    return (
      <textarea
        ref={field}
        rows={1}
        {...props}
        style={{ ...style, ['fieldSizing' as string]: 'content' }}
      />
    )
  },
)

/** For browsers without `field-sizing`. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  // Shrink it first: scrollHeight is never less than the height.
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}

/**
 * Whether a key is an Enter that is meant for what is written, and not for a line break or for an input method,
 * in which it confirms a character. Safari ends the composition before its key, which has this code then.
 */
export function isPlainEnter({ key, shiftKey, nativeEvent }: KeyboardEvent): boolean {
  if (key !== 'Enter' || shiftKey || nativeEvent.isComposing) return false
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else tells it
  return nativeEvent.keyCode !== 229
}

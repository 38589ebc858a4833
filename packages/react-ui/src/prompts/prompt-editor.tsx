import {
  type ComponentPropsWithoutRef,
  type KeyboardEvent,
  useEffect,
  useRef,
  useState,
} from 'react'

import { GrowingField, isPlainEnter } from '../ui/growing-field.tsx'
import { useTexts } from '../ui/ui-provider.tsx'
import { useWaitingPrompt } from './prompt-context.ts'

export type PromptEditorProps = Omit<
  ComponentPropsWithoutRef<'textarea'>,
  'value' | 'defaultValue' | 'onChange' | 'onKeyDown'
>

/**
 * The text of a prompt that waits, as a field, while it is edited: Enter keeps the new text and Escape the old
 * one. Its files stay.
 */
export function PromptEditor(props: PromptEditorProps) {
  const { editing, id } = useWaitingPrompt()
  return editing ? <Editor key={id} {...props} /> : null
}

function Editor(props: PromptEditorProps) {
  const { editor } = useTexts().prompts
  const { parts, endEdit } = useWaitingPrompt()
  const field = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(() =>
    parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  )
  // It takes the place of what was activated. One goes on at the end.
  useEffect(() => {
    const element = field.current
    element?.focus()
    element?.setSelectionRange(element.value.length, element.value.length)
  }, [])
  const files = parts.filter(({ type }) => type !== 'text')
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      // Handled here: it must not stop the answer.
      event.preventDefault()
      endEdit()
    } else if (isPlainEnter(event)) {
      event.preventDefault()
      const written = text.trim() === '' ? [] : [{ type: 'text' as const, text: text.trim() }]
      const changed = [...files, ...written]
      // Without anything in it, it would be removed: that has a button of its own.
      endEdit(changed.length > 0 ? changed : undefined)
    }
  }
  return (
    <GrowingField
      ref={field}
      aria-label={editor}
      {...props}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
    />
  )
}

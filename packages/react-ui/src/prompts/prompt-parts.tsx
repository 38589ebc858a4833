import type { ComponentPropsWithoutRef, HTMLAttributes } from 'react'

import type { Texts } from '../texts/texts.ts'
import { useTexts } from '../ui/ui-provider.tsx'
import { useWaitingPrompt } from './prompt-context.ts'
import type { WaitingAction, WaitingPrompt } from './waiting/waiting-prompt.ts'

/** What waits, in one line: the text of a prompt and the names of its files. Not there while it is edited. */
export function PromptContent(props: ComponentPropsWithoutRef<'span'>) {
  const texts = useTexts().prompts
  const { editing, textId, ...prompt } = useWaitingPrompt()
  if (editing) return null
  return (
    <span {...props} id={textId}>
      {lineOf(prompt, texts)}
    </span>
  )
}

function lineOf({ kind, parts }: WaitingPrompt, texts: Texts['prompts']): string {
  if (kind !== 'prompt') return texts.kind(kind)
  return parts
    .map((part) => (part.type === 'text' ? part.text : (part.filename ?? texts.file)))
    .join(' ')
}

/** What it waits for, or why it failed: then it is an alert. Not there while it is edited. */
export function PromptStatus(props: HTMLAttributes<HTMLElement>) {
  const texts = useTexts().prompts
  const prompt = useWaitingPrompt()
  if (prompt.editing) return null
  return (
    <span role={prompt.state === 'failed' ? 'alert' : undefined} {...props}>
      {texts.status(prompt)}
    </span>
  )
}

export type PromptButtonProps = Omit<ComponentPropsWithoutRef<'button'>, 'type' | 'onClick'>

/** Begins to edit the prompt. Like the other buttons, it is only there while that is possible. */
export function PromptEdit(props: PromptButtonProps) {
  return <PromptButton {...props} action="edit" label={useTexts().prompts.edit} />
}

/** Offers the prompt to the answer that is being written. */
export function PromptSteer(props: PromptButtonProps) {
  return <PromptButton {...props} action="steer" label={useTexts().prompts.steer} />
}

/** Sends a prompt that failed again. */
export function PromptRetry(props: PromptButtonProps) {
  return <PromptButton {...props} action="retry" label={useTexts().prompts.retry} />
}

/** Takes back what waits. */
export function PromptRemove(props: PromptButtonProps) {
  const { kind } = useWaitingPrompt()
  return <PromptButton {...props} action="remove" label={useTexts().prompts.remove(kind)} />
}

interface ActionButtonProps extends PromptButtonProps {
  action: WaitingAction
  label: string
}

function PromptButton({ action, label, children, ...props }: ActionButtonProps) {
  const { editing, textId, [action]: act } = useWaitingPrompt()
  if (!act || editing) return null
  return (
    <button
      aria-label={label}
      aria-describedby={textId}
      title={label}
      {...props}
      type="button"
      data-action={action}
      onClick={act}
    >
      {children ?? label}
    </button>
  )
}

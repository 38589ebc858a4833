import type { ComponentProps, KeyboardEvent, ReactNode } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { useApproval } from './approval-context.ts'

type ButtonProps = Omit<ComponentProps<'button'>, 'ref'>

/** Of an `ApprovalCard`: approves the call. */
export function ApproveButton({ children, ...props }: ButtonProps) {
  const { state, busy, approve } = useApproval()
  const texts = useTexts().answers
  if (state !== 'approval-requested') return null
  return (
    // It keeps the focus, so it is not really disabled.
    <button type="button" aria-disabled={busy || undefined} onClick={approve} {...props}>
      {children ?? texts.approve}
    </button>
  )
}

/** Of an `ApprovalCard`: denies the call, with the reason that was written. */
export function DenyButton({ children, ...props }: ButtonProps) {
  const { state, busy, deny } = useApproval()
  const texts = useTexts().answers
  if (state !== 'approval-requested') return null
  return (
    <button type="button" aria-disabled={busy || undefined} onClick={deny} {...props}>
      {children ?? texts.deny}
    </button>
  )
}

/** Of an `ApprovalCard`: a field for why the call is denied; Enter denies it. */
export function ApprovalReason(props: Omit<ComponentProps<'input'>, 'ref'>) {
  const { state, reason, setReason, deny } = useApproval()
  const texts = useTexts().answers
  if (state !== 'approval-requested') return null
  return (
    <input
      type="text"
      aria-label={texts.reason}
      placeholder={texts.reason}
      value={reason}
      onChange={(event) => setReason(event.target.value)}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
        event.preventDefault()
        deny()
      }}
      {...props}
    />
  )
}

/** Of an `ApprovalCard`: shown while this page has to make the call; a child answers by `useApproval()`. */
export function ApprovalOutput({ children }: { children: ReactNode }) {
  return useApproval().state === 'output-requested' ? children : null
}

/** Of an `ApprovalCard`: what was answered, once it was. */
export function ApprovalAnswer({ children, ...props }: Omit<ComponentProps<'span'>, 'ref'>) {
  const { answer } = useApproval()
  if (answer === undefined) return null
  return <span {...props}>{children ?? answer}</span>
}

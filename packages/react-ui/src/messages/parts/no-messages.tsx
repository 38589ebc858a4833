import type { HTMLAttributes, ReactNode } from 'react'

import { useLoadingText } from '../../status/use-connection-trouble.ts'
import { useTexts } from '../../ui/ui-provider.tsx'
import { useMessageListInside } from './message-list-context.ts'

export interface NoMessagesProps extends HTMLAttributes<HTMLDivElement> {
  /** Shown while the messages come. @default that they load, or what they wait for */
  loading?: ReactNode
  /** Shown if they could not be loaded. @default why */
  failed?: ReactNode
  /** Shown if nobody has written yet. @default nothing */
  children?: ReactNode
}

/** What a list shows in the place of messages; nothing once there are some. `data-status` says why. */
export function NoMessages({ loading, failed, children, ...attributes }: NoMessagesProps) {
  const texts = useTexts().messages
  const { status, error, session } = useMessageListInside().state
  const loadingText = useLoadingText(session)
  if (status === 'filled') return null
  return (
    <div data-status={status} {...attributes}>
      {status === 'loading' && (
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an <output> takes no blocks
        <div role="status">{loading ?? loadingText}</div>
      )}
      {status === 'failed' && <div role="alert">{failed ?? texts.failed(error)}</div>}
      {status === 'empty' && children}
    </div>
  )
}

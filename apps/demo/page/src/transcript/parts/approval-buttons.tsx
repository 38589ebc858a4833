import {
  ApprovalAnswer,
  ApprovalCard,
  ApprovalReason,
  ApproveButton,
  DenyButton,
} from '@caughtup/react-ui'
import type { ToolPart } from '@caughtup/schema'
import { Check, X } from 'lucide-react'

import { useShownSession } from '../../client/session-context.tsx'
import { buttonLook } from '../../ui/button.tsx'

/** Approves or denies a tool call for which the run waits, and says what was answered. */
export function ApprovalButtons({ part }: { part: ToolPart }) {
  const { session } = useShownSession()
  return (
    <ApprovalCard
      session={session}
      part={part}
      className="flex flex-wrap items-center gap-2 rounded-lg"
    >
      <ApproveButton className={buttonLook('primary')}>
        <Check aria-hidden size={15} /> Approve
      </ApproveButton>
      <DenyButton className={buttonLook()}>
        <X aria-hidden size={15} /> Deny
      </DenyButton>
      <ApprovalReason className="h-8 min-w-0 flex-1 rounded-lg border border-border bg-card px-2.5 text-sm placeholder:text-muted-foreground" />
      <ApprovalAnswer className="-mt-1 px-3 text-xs text-muted-foreground" />
    </ApprovalCard>
  )
}

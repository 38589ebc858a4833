import { Check, X } from 'lucide-react'

import { useShownSession } from '../../client/session-context.tsx'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

/** Approves or denies a tool call for which the run waits. */
export function ApprovalButtons({ toolCallId }: { toolCallId: string }) {
  const { session } = useShownSession()
  const { attempt } = useToasts()
  const answer = (approved: boolean) =>
    attempt('Answering', () => session.respond(toolCallId, { approved }))
  return (
    <div className="flex gap-2">
      <Button look="primary" onClick={() => answer(true)}>
        <Check aria-hidden size={15} /> Approve
      </Button>
      <Button onClick={() => answer(false)}>
        <X aria-hidden size={15} /> Deny
      </Button>
    </div>
  )
}

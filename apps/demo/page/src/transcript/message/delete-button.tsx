import type { Message } from '@caughtup/schema'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'

import { useShownSession } from '../../client/session-context.tsx'
import { ConfirmDialog } from '../../ui/dialog/confirm-dialog.tsx'
import { rescueFocus } from '../../ui/focus-composer.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useToasts } from '../../ui/toasts.tsx'

export function DeleteButton({ message }: { message: Message }) {
  const { session, epoch } = useShownSession()
  const { attempt } = useToasts()
  const [confirming, setConfirming] = useState(false)
  if (message.epoch !== epoch) return null
  return (
    <>
      <IconButton
        icon={Trash2}
        label="Delete this message"
        size="small"
        onClick={() => setConfirming(true)}
      />
      {confirming && (
        <ConfirmDialog
          title="Delete this message?"
          description="It disappears on all devices, and the assistant no longer sees it. This cannot be undone."
          action="Delete"
          onConfirm={() =>
            attempt('Deleting', async () => {
              await session.history.delete(message.id)
              rescueFocus()
            })
          }
          onClose={() => setConfirming(false)}
        />
      )}
    </>
  )
}

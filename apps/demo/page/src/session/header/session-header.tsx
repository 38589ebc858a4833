import type { ContextUsage, UsageLedger } from '@caughtup/schema'
import type { Connection } from '@caughtup/web-client'
import { FoldVertical, ListX, Redo2, Undo2 } from 'lucide-react'
import { memo, useState } from 'react'

import type { DemoSession } from '../../client/demo-client.ts'
import { ConfirmDialog } from '../../ui/dialog/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { ConnectionBadge } from './connection-badge.tsx'
import { ContextMeter } from './context-meter.tsx'
import { EditableTitle } from './editable-title.tsx'
import { UsageTotals } from './usage-totals.tsx'

interface SessionHeaderProps {
  session: DemoSession
  title: string
  connection: Connection
  model: string | undefined
  contextUsage: ContextUsage | undefined
  usage: UsageLedger | undefined
  /** Whether a run is active: compacting and clearing wait for its end, and an undo stops it. */
  busy: boolean
  canUndo: boolean
  canRedo: boolean
}

export const SessionHeader = memo(function SessionHeader({
  session,
  title,
  connection,
  model,
  contextUsage,
  usage,
  busy,
  canUndo,
  canRedo,
}: SessionHeaderProps) {
  const { attempt } = useToasts()
  const [confirmingReset, setConfirmingReset] = useState(false)
  return (
    <>
      <div className="min-w-0 flex-1">
        <EditableTitle sessionId={session.sessionId} title={title} />
        <div className="flex h-5 items-center gap-x-3 overflow-hidden text-xs whitespace-nowrap text-muted-foreground">
          <ConnectionBadge connection={connection} onReconnect={() => session.reconnect()} />
          {model && <span className="truncate max-sm:hidden">{model}</span>}
          {contextUsage && <ContextMeter usage={contextUsage} />}
          {usage && <UsageTotals usage={usage} />}
        </div>
      </div>
      <IconButton
        icon={Undo2}
        label={busy ? 'Stop and undo the last turn' : 'Undo the last turn'}
        disabled={!canUndo}
        onClick={() => attempt('Undoing', () => session.history.undo())}
      />
      <IconButton
        icon={Redo2}
        label="Redo the undone turn"
        disabled={!canRedo || busy}
        onClick={() => attempt('Redoing', () => session.history.redo())}
      />
      <IconButton
        icon={FoldVertical}
        label={busy ? 'Compact the context after this answer' : 'Compact the context'}
        onClick={() => attempt('Compacting', () => session.history.compact())}
      />
      <IconButton icon={ListX} label="Clear the context" onClick={() => setConfirmingReset(true)} />
      {confirmingReset && (
        <ConfirmDialog
          title="Clear the context?"
          description="The assistant forgets the conversation so far. You can still read its messages."
          action="Clear context"
          onConfirm={() => attempt('Clearing the context', () => session.history.reset())}
          onClose={() => setConfirmingReset(false)}
        />
      )}
    </>
  )
})

import type { ContextUsage, Presence, UsageLedger } from '@caughtup/schema'
import type { Connection } from '@caughtup/web-client'
import { Download, FoldVertical, ListX, Redo2, Undo2, Users } from 'lucide-react'
import { memo, useState } from 'react'

import { useClient } from '../../client/client-context.tsx'
import type { DemoSession } from '../../client/demo-client.ts'
import { MembersDialog } from '../../people/members-dialog.tsx'
import { PresenceBadge } from '../../people/presence-badge.tsx'
import { ConfirmDialog } from '../../ui/dialog/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { ConnectionBadge } from './connection-badge.tsx'
import { ContextMeter } from './context-meter.tsx'
import { EditableTitle } from './editable-title.tsx'
import { exportTranscript } from './export-transcript.ts'
import { UsageTotals } from './usage-totals.tsx'

interface SessionHeaderProps {
  session: DemoSession
  title: string
  connection: Connection
  model: string | undefined
  contextUsage: ContextUsage | undefined
  usage: UsageLedger | undefined
  presence: readonly Presence[]
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
  presence,
  busy,
  canUndo,
  canRedo,
}: SessionHeaderProps) {
  const client = useClient()
  const { attempt } = useToasts()
  const [sharing, setSharing] = useState(false)
  const [confirmingReset, setConfirmingReset] = useState(false)
  const { history } = session
  const actions = [
    {
      icon: Undo2,
      text: busy ? 'Stop and undo the last turn' : 'Undo the last turn',
      disabled: !canUndo,
      onSelect: () => attempt('Undoing', () => history.undo()),
    },
    {
      icon: Redo2,
      text: 'Redo the undone turn',
      disabled: !canRedo || busy,
      onSelect: () => attempt('Redoing', () => history.redo()),
    },
    {
      icon: FoldVertical,
      text: busy ? 'Compact the context after this answer' : 'Compact the context',
      disabled: false,
      onSelect: () => attempt('Compacting', () => history.compact()),
    },
    {
      icon: ListX,
      text: 'Clear the context',
      disabled: false,
      onSelect: () => setConfirmingReset(true),
    },
  ]
  return (
    <>
      <div className="min-w-0 flex-1">
        <EditableTitle sessionId={session.sessionId} title={title} />
        <div className="flex h-5 items-center gap-x-3 overflow-hidden text-xs whitespace-nowrap text-muted-foreground">
          <ConnectionBadge session={session} connection={connection} />
          <PresenceBadge presence={presence} />
          {model && <span className="truncate max-sm:hidden">{model}</span>}
          {contextUsage && <ContextMeter usage={contextUsage} />}
          {usage && <UsageTotals usage={usage} />}
        </div>
      </div>
      {actions.map(({ icon, text, disabled, onSelect }) => (
        <IconButton
          key={icon.displayName}
          icon={icon}
          label={text}
          disabled={disabled}
          className="max-sm:hidden"
          onClick={onSelect}
        />
      ))}
      <Menu
        label="More"
        items={[
          // On a phone they have no room beside the title.
          ...actions.map((action) => ({ ...action, className: 'sm:hidden' })),
          { icon: Users, text: 'Members…', onSelect: () => setSharing(true) },
          {
            icon: Download,
            text: 'Export as JSON',
            onSelect: () =>
              attempt('Exporting', () => exportTranscript(client, session.sessionId, title)),
          },
        ]}
      />
      {sharing && <MembersDialog sessionId={session.sessionId} onClose={() => setSharing(false)} />}
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

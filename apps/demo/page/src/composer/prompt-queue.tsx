import {
  PromptContent,
  PromptEdit,
  PromptEditor,
  PromptQueue as Queue,
  PromptRemove,
  PromptRetry,
  PromptStatus,
  PromptSteer,
  type WaitingPromptState,
  type WaitingState,
} from '@caughtup/react-ui'
import { Clock, CornerRightUp, FoldVertical, ListX, Pencil, RotateCw, X } from 'lucide-react'

import type { DemoSession } from '../client/demo-client.ts'
import { IconButtonIcon, iconButtonLook } from '../ui/icon-button.tsx'

/** What waits for the current run to end. */
export function PromptQueue({ session }: { session: DemoSession }) {
  return (
    <Queue
      session={session}
      className="mb-2 flex max-h-40 flex-col gap-1 overflow-y-auto"
      renderPrompt={(prompt) => <QueueEntry {...prompt} />}
    />
  )
}

const button = iconButtonLook('small')

const looks: Readonly<Record<WaitingState, string>> = {
  unsent: 'opacity-70',
  sending: 'opacity-70',
  failed: 'text-danger',
  queued: '',
  steering: '',
}

function QueueEntry(prompt: WaitingPromptState) {
  const { state } = prompt
  if (prompt.editing) return <PromptEditor className={waitingField} />
  return (
    <div
      data-testid="queued"
      className="flex min-h-8 items-center gap-2 rounded-lg bg-muted pr-0.5 pl-3 text-sm"
    >
      <WaitingIcon {...prompt} />
      <span className={`min-w-0 flex-1 truncate ${looks[state]}`}>
        <PromptContent />
        {state === 'failed' && <PromptStatus className="before:content-['_·_']" />}
      </span>
      <PromptSteer className={button}>
        <IconButtonIcon icon={CornerRightUp} size="small" />
      </PromptSteer>
      <PromptRetry className={button}>
        <IconButtonIcon icon={RotateCw} size="small" />
      </PromptRetry>
      <PromptEdit className={button}>
        <IconButtonIcon icon={Pencil} size="small" />
      </PromptEdit>
      <PromptRemove className={button}>
        <IconButtonIcon icon={X} size="small" />
      </PromptRemove>
    </div>
  )
}

/** The classes of a field for the text of a prompt that waits. */
export const waitingField =
  'block max-h-32 min-h-8 w-full resize-none rounded-lg border border-input bg-background px-3 py-1 text-sm'

function WaitingIcon({ kind, state }: WaitingPromptState) {
  const look = { size: 14, className: 'shrink-0 text-muted-foreground' }
  if (kind === 'reset') return <ListX aria-hidden {...look} />
  if (kind === 'compaction') return <FoldVertical aria-hidden {...look} />
  return state === 'steering' ? (
    <CornerRightUp aria-hidden {...look} />
  ) : (
    <Clock aria-hidden {...look} />
  )
}

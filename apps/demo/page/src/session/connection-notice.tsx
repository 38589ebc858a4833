import { ConnectionAction, ConnectionBanner, ConnectionText } from '@caughtup/react-ui'
import type { Unmerged } from '@caughtup/schema'
import { CloudOff, TriangleAlert } from 'lucide-react'

import type { DemoSession } from '../client/demo-client.ts'
import { openHome } from '../hooks/use-route.ts'
import { buttonLook } from '../ui/button.tsx'

const look =
  'appear-late mb-2 flex items-center gap-2.5 rounded-xl border border-border bg-muted px-3 py-1.5 text-sm text-muted-foreground'
const urgentLook =
  'data-urgent:animate-none data-urgent:border-danger/30 data-urgent:bg-danger-soft data-urgent:text-foreground'

/** A warning above the composer that the connection or the chat is not well. */
export function ConnectionNotice({ session }: { session: DemoSession }) {
  return (
    <ConnectionBanner
      view={session}
      onLeave={openHome}
      className={`group/notice ${look} ${urgentLook}`}
    >
      <CloudOff aria-hidden size={16} className="shrink-0 group-data-urgent/notice:hidden" />
      <TriangleAlert
        aria-hidden
        size={16}
        className="hidden shrink-0 text-danger group-data-urgent/notice:block"
      />
      <ConnectionText className="min-w-0 wrap-anywhere" />
      <ConnectionAction className={`${buttonLook()} ml-auto shrink-0 text-foreground`} />
    </ConnectionBanner>
  )
}

const unmergedText: Record<Unmerged, string> = {
  failed: 'Messages that another system added could not be read. The next prompt tries again.',
  'run-active': 'Messages that another system added are shown after this answer.',
}

/** Why messages that another system added may be missing. */
export function UnmergedNotice({ reason }: { reason: Unmerged }) {
  return (
    <div className={look}>
      <CloudOff aria-hidden size={16} className="shrink-0" />
      {unmergedText[reason]}
    </div>
  )
}

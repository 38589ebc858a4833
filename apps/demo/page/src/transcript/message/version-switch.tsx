import {
  VersionNext,
  VersionPosition,
  VersionPrevious,
  VersionSwitch as Switch,
} from '@caughtup/react-ui'
import type { Message } from '@caughtup/schema'
import { ChevronLeft, ChevronRight } from 'lucide-react'

import { useShownSession } from '../../client/session-context.tsx'
import { iconButtonLook } from '../../ui/icon-button.tsx'

/** Goes back and forth between the versions that begin in a message's place. */
export function VersionSwitch({ message }: { message: Message }) {
  const { session } = useShownSession()
  return (
    <Switch
      session={session}
      message={message}
      className="flex items-center text-xs text-muted-foreground tabular-nums"
    >
      <VersionPrevious className={iconButtonLook('small')}>
        <ChevronLeft aria-hidden size={15} strokeWidth={1.75} />
      </VersionPrevious>
      <VersionPosition />
      <VersionNext className={iconButtonLook('small')}>
        <ChevronRight aria-hidden size={15} strokeWidth={1.75} />
      </VersionNext>
    </Switch>
  )
}

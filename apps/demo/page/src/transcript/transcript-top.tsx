import {
  HistoryStart,
  HistoryTop,
  LoadOlder,
  OlderFailed,
  useMessageList,
} from '@caughtup/react-ui'
import { ChevronUp, LoaderCircle } from 'lucide-react'

import { buttonLook } from '../ui/button.tsx'

/** Above the first message: a button for older ones, or the beginning of the chat. */
export function TranscriptTop() {
  const { loadingOlder, olderError } = useMessageList()
  return (
    <HistoryTop className="flex h-22 flex-col items-center justify-center gap-1 px-4 text-center text-xs text-muted-foreground">
      <OlderFailed className="max-w-full truncate text-danger" />
      <LoadOlder data-testid="load-older" className={buttonLook()}>
        {loadingOlder ? (
          <LoaderCircle aria-hidden size={15} className="animate-spin" />
        ) : (
          <ChevronUp aria-hidden size={15} />
        )}
        {buttonText(loadingOlder, olderError !== undefined)}
      </LoadOlder>
      <HistoryStart data-testid="history-start" className="text-sm" />
    </HistoryTop>
  )
}

function buttonText(loading: boolean, failed: boolean): string {
  if (loading) return 'Loading older messages…'
  return failed ? 'Try again' : 'Load older messages'
}

import type { ViewError } from '@caughtup/web-client'
import { ChevronUp, LoaderCircle } from 'lucide-react'

import { Button } from '../../ui/button.tsx'

/** In px. Fixed, because a changing height would move the messages below. */
export const historyTopHeight = 88

interface HistoryTopProps {
  hasOlder: boolean
  loading: boolean
  error: ViewError | undefined
  /** Whether the newest epoch was opened by clearing the context and has no messages yet. */
  cleared: boolean
  onLoadOlder: () => void
}

/** Above the first message: a button for older ones, or the beginning of the chat. */
export function HistoryTop({ hasOlder, loading, error, cleared, onLoadOlder }: HistoryTopProps) {
  return (
    <div
      style={{ height: historyTopHeight }}
      className="flex flex-col items-center justify-center gap-1 px-4 text-center text-xs text-muted-foreground"
    >
      {error && !loading && (
        <p role="alert" className="max-w-full truncate text-danger">
          Older messages could not be loaded: {error.message}
        </p>
      )}
      {cleared && !error && <p>The context was cleared. You can still load the older messages.</p>}
      {hasOlder ? (
        <Button data-testid="load-older" disabled={loading} onClick={onLoadOlder}>
          {loading ? (
            <LoaderCircle aria-hidden size={15} className="animate-spin" />
          ) : (
            <ChevronUp aria-hidden size={15} />
          )}
          {buttonText(loading, error)}
        </Button>
      ) : (
        <p data-testid="history-start" className="text-sm">
          This is the beginning of the chat.
        </p>
      )}
    </div>
  )
}

function buttonText(loading: boolean, error: ViewError | undefined): string {
  if (loading) return 'Loading older messages…'
  return error ? 'Try again' : 'Load older messages'
}

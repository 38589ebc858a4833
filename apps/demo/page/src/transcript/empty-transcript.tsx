import { Suggestions } from '../composer/suggestions.tsx'

interface EmptyTranscriptProps {
  loading: boolean
  epoch: number
  onSend: (text: string) => void
}

/** A session without messages: they are still loading, or nobody has written any. */
export function EmptyTranscript({ loading, epoch, onSend }: EmptyTranscriptProps) {
  return (
    <section
      data-testid="transcript"
      aria-label="Transcript"
      aria-busy={loading}
      className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto p-4"
    >
      {loading ? (
        <p className="appear-late text-sm text-muted-foreground">Loading messages…</p>
      ) : (
        <div>
          {epoch > 0 && <p className="text-sm text-muted-foreground">The context was cleared.</p>}
          <Suggestions onSend={onSend} />
        </div>
      )}
    </section>
  )
}

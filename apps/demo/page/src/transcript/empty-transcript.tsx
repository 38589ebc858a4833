import { Suggestions } from '../composer/suggestions.tsx'

interface EmptyTranscriptProps {
  /** Shown in place of suggestions while the messages have not come. */
  loading: string | undefined
  epoch: number
  onSend: (text: string) => void
}

/** A session without messages: they are still loading, or nobody has written any. */
export function EmptyTranscript({ loading, epoch, onSend }: EmptyTranscriptProps) {
  return (
    <section
      data-testid="transcript"
      aria-label="Transcript"
      aria-busy={loading !== undefined}
      className="flex min-h-0 flex-1 items-center justify-center overflow-y-auto p-4"
    >
      {loading !== undefined ? (
        <output className="appear-late text-center text-sm text-muted-foreground">{loading}</output>
      ) : (
        <div>
          {epoch > 0 && <p className="text-sm text-muted-foreground">The context was cleared.</p>}
          <Suggestions onSend={onSend} />
        </div>
      )}
    </section>
  )
}

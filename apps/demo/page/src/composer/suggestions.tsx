import { Footprints } from 'lucide-react'

import { Button } from '../ui/button.tsx'

const suggestions = [
  { prompt: 'What is Caughtup?', hint: 'headings, a table, code' },
  { prompt: '/count 3000 200', hint: '200 tokens a second' },
  { prompt: '/think', hint: 'reasons before it answers' },
  { prompt: '/tool', hint: 'calls a tool' },
  { prompt: '/fail', hint: 'fails halfway' },
  { prompt: '/stall', hint: 'falls silent halfway' },
]

interface SuggestionsProps {
  /** `h1` on a page without a title. @default h2 */
  heading?: 'h1' | 'h2'
  onSend: (text: string) => void
  /** Opens the tour; without it, it is not offered. */
  onTour?: () => void
}

/** Prompts to try first, in a chat without messages. */
export function Suggestions({ heading: Heading = 'h2', onSend, onTour }: SuggestionsProps) {
  return (
    <section aria-label="Suggestions" className="w-full max-w-3xl py-6">
      <Heading className="text-xl font-semibold tracking-tight text-balance">
        Ask something, then get in its way.
      </Heading>
      <p className="mt-1 text-sm text-pretty text-muted-foreground">
        Reload, cut the connection, open a second window: the answer continues, and you are caught
        up.
      </p>
      {onTour && (
        <Button look="primary" className="mt-4" onClick={onTour}>
          <Footprints aria-hidden size={16} />
          Take the tour
        </Button>
      )}
      <ul className="mt-5 grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        {suggestions.map(({ prompt, hint }) => (
          <li key={prompt}>
            <button
              type="button"
              onClick={() => onSend(prompt)}
              className="w-full rounded-xl border border-border bg-card px-3.5 py-2 text-left transition-colors hover:border-input hover:bg-muted"
            >
              <span
                className={
                  prompt.startsWith('/') ? 'font-mono text-[0.8125rem]' : 'text-sm font-medium'
                }
              >
                {prompt}
              </span>
              <span className="block text-xs text-muted-foreground">{hint}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

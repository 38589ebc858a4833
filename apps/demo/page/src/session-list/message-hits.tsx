import type { ActivityRow } from '@caughtup/schema'

import { sessionTitle } from '../format/session-title.ts'
import { shortAge } from '../format/time.ts'
import { messageHref } from '../hooks/use-route.ts'
import { useNow } from '../hooks/use-now.ts'
import type { FoundMessages } from './use-search.ts'

interface MessageHitsProps {
  /** What is searched for now. */
  text: string
  found: FoundMessages
  rows: readonly ActivityRow[]
  onChosen: () => void
}

/** The messages that a search found; one that is chosen is shown in its chat. */
export function MessageHits({ text, found, rows, onChosen }: MessageHitsProps) {
  const now = useNow(30_000)
  const titles = new Map(rows.map((row) => [row.sessionId, sessionTitle(row)]))
  return (
    <section aria-label="Messages found" aria-busy={found.text !== text} className="mt-3">
      <h2 className="px-3 text-xs font-medium text-muted-foreground">Messages</h2>
      {found.error && (
        <p className="px-3 py-2 text-sm text-danger">The search failed: {found.error}</p>
      )}
      {found.text === text && !found.error && found.hits.length === 0 && (
        <p className="px-3 py-2 text-sm text-muted-foreground">No message has these words.</p>
      )}
      <ul className="mt-1 flex flex-col gap-0.5">
        {found.hits.map(({ sessionId, messageId, excerpt, createdAt }) => (
          <li key={messageId}>
            <a
              href={messageHref(sessionId, messageId)}
              onClick={onChosen}
              className="block rounded-lg px-3 py-2 -outline-offset-2 hover:bg-muted"
            >
              <span className="line-clamp-2 text-sm wrap-anywhere">{excerpt}</span>
              <span className="block truncate text-xs/5 text-muted-foreground">
                {titles.get(sessionId) ?? 'Chat'} · {shortAge(createdAt, now)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

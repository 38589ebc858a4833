import { SessionHitLink, SessionListHits } from '@caughtup/react-ui'

import { shortAge } from '../format/time.ts'
import { useNow } from '../hooks/use-now.ts'

/** The messages that a search found; one that is chosen is shown in its chat. */
export function MessageHits() {
  const now = useNow(30_000)
  return (
    <SessionListHits
      className="mt-3 [&>p]:px-3 [&>p]:py-2 [&>p]:text-sm [&>p]:text-muted-foreground [&>p[role=alert]]:text-danger [&>ul]:mt-1 [&>ul]:flex [&>ul]:flex-col [&>ul]:gap-0.5"
      renderHit={(hit, title) => (
        <SessionHitLink
          hit={hit}
          className="block rounded-lg px-3 py-2 -outline-offset-2 hover:bg-muted"
        >
          <span className="line-clamp-2 text-sm wrap-anywhere">{hit.excerpt}</span>
          <span className="block truncate text-xs/5 text-muted-foreground">
            {title} · {shortAge(hit.createdAt, now)}
          </span>
        </SessionHitLink>
      )}
    >
      <h2 className="px-3 text-xs font-medium text-muted-foreground">Messages</h2>
    </SessionListHits>
  )
}

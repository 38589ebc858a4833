import type { SearchHit } from '@caughtup/schema'
import type { ComponentProps, ReactNode } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'
import { SessionAnchor, type SessionAnchorProps } from './session-anchor.tsx'
import { useSessionList } from './session-list-context.ts'

/** Of a `SessionList`: the field for what is searched for, an `<input type="search">`. */
export function SessionListSearch(props: Omit<ComponentProps<'input'>, 'ref'>) {
  const { text, setText } = useSessionList()
  const { search, searchPlaceholder } = useTexts().sessions
  return (
    <input
      type="search"
      aria-label={search}
      placeholder={searchPlaceholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      {...props}
    />
  )
}

export interface SessionListHitsProps extends Omit<ComponentProps<'section'>, 'ref' | 'children'> {
  /** What is drawn of a hit, in its `<li>`. @default its excerpt and the session's title, as a link */
  renderHit?: (hit: SearchHit, title: string) => ReactNode
  /** Shown above the hits. */
  children?: ReactNode
}

/**
 * Of a `SessionList`: the messages that have every word of the search, newest first, in a `<section>` that is
 * `aria-busy` while they come; nothing while nothing is searched for.
 */
export function SessionListHits({ renderHit, children, ...props }: SessionListHitsProps) {
  const { wanted, found, all, titleOf } = useSessionList()
  const texts = useTexts().sessions
  if (wanted === '') return null
  const titles = new Map(all.map((row) => [row.sessionId, titleOf(row)]))
  const isFound = found.text === wanted
  return (
    <section aria-label={texts.hits} aria-busy={!isFound} {...props}>
      {children}
      {found.error !== undefined && <p role="alert">{texts.searchFailed(found.error)}</p>}
      {isFound && found.error === undefined && found.hits.length === 0 && (
        <p>{texts.noMessageFound}</p>
      )}
      <ul>
        {found.hits.map((hit) => {
          const title = titles.get(hit.sessionId) ?? texts.untitled
          return (
            <li key={`${hit.sessionId}/${hit.messageId}`}>
              {renderHit ? (
                renderHit(hit, title)
              ) : (
                <SessionHitLink hit={hit}>
                  <span>{hit.excerpt}</span> <span>{title}</span>
                </SessionHitLink>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** Leads to a message that was found. */
export function SessionHitLink({ hit, ...props }: SessionAnchorProps & { hit: SearchHit }) {
  const { sessionId, messageId } = hit
  return <SessionAnchor to={{ sessionId, messageId }} {...props} />
}

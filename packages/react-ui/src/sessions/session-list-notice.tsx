import { activityView } from '@caughtup/web-client'
import { useView } from '@caughtup/web-client/react'
import type { ComponentProps } from 'react'

import { useLoadingText } from '../status/use-connection-trouble.ts'
import { useTexts } from '../ui/ui-provider.tsx'
import { useSessionList } from './session-list-context.ts'

/**
 * Of a `SessionList`: why no row is there, in a `<p>` with `data-kind`: `loading`, `empty` or
 * `nothing-found`; nothing while there are rows.
 */
export function SessionListNotice({ children, ...props }: Omit<ComponentProps<'p'>, 'ref'>) {
  const { client, all, rows } = useSessionList()
  const view = activityView(client)
  const stale = useView(view, (snapshot) => snapshot.stale)
  const loading = useLoadingText(view)
  const { empty, noTitleFound } = useTexts().sessions
  if (rows.length > 0) return null
  const [kind, text] =
    all.length > 0
      ? ['nothing-found', noTitleFound]
      : stale
        ? ['loading', loading]
        : ['empty', empty]
  return (
    <p data-kind={kind} {...props}>
      {children ?? text}
    </p>
  )
}

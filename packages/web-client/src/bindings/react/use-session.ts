import type { View } from '../../live/published.ts'
import type { SessionSnapshot } from '../../session/session-snapshot.ts'
import { useView } from './use-view.ts'

interface UseSession {
  (session: View<SessionSnapshot>): SessionSnapshot
  <Selected>(
    session: View<SessionSnapshot>,
    select: (snapshot: SessionSnapshot) => Selected,
    isEqual?: (before: Selected, now: Selected) => boolean,
  ): Selected
}

/**
 * The snapshot of a session view, or what `select` makes of it, as with `useView`. While an answer streams,
 * `useSession(session)` draws its component in each frame, and
 * `useSession(session, ({ messages }) => messages.map(({ id }) => id))` for new messages only.
 *
 * The session's stream is open while a component that calls this is mounted. A server that renders the
 * component gets the present snapshot: idle, and empty in a new view.
 */
export const useSession: UseSession = useView

import type { Message } from '@caughtup/schema'
import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from 'solid-js'

import type { ActivitySnapshot } from '../activity/activity-snapshot.ts'
import { activityView } from '../activity/activity-view.ts'
import type { ChatClient } from '../create-chat-client.ts'
import type { View } from '../live/published.ts'
import { messageView } from '../session/message-view.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionView } from '../session/session-view.ts'
import { keepSelected } from './keep-selected.ts'

type MaybeAccessor<Value> = Value | Accessor<Value>

/**
 * The snapshot of any view, as of `aroundView`. Of an accessor, the view that it returns is followed. The view is
 * open while the component that calls this is mounted. A server that renders the component gets the present
 * snapshot and opens nothing.
 */
export function useView<Snapshot>(view: MaybeAccessor<View<Snapshot>>): Accessor<Snapshot>
/**
 * What `select` makes of the snapshot. What reads it runs again only if the result is not equal to the one
 * before; one that is equal keeps its identity. `select` may read signals.
 *
 * @param isEqual by default the same value, or arrays or plain objects with the same values in them
 */
export function useView<Snapshot, Selected>(
  view: MaybeAccessor<View<Snapshot>>,
  select: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): Accessor<Selected>
export function useView<Snapshot, Selected>(
  view: MaybeAccessor<View<Snapshot>>,
  select?: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): Accessor<Snapshot | Selected> {
  const followed = createMemo(() => valueOf(view))
  const [changes, changed] = createSignal(undefined, { equals: false })
  const snapshot = createMemo(() => {
    changes()
    return followed().getSnapshot()
  })
  // Effects do not run on servers, and run after the page of a server is taken over.
  createEffect(() => {
    onCleanup(followed().subscribe(() => changed()))
    changed()
  })
  if (!select) return snapshot
  const keep = keepSelected(select, isEqual)
  return createMemo(() => keep(snapshot()))
}

/**
 * The snapshot of a session view, or what `select` makes of it, as with `useView`. While an answer streams,
 * what reads the whole snapshot runs in each frame. The session's stream is open while the component that calls
 * this is mounted.
 *
 * @alias useView, for the type of a session's snapshot
 */
export const useSession: {
  (session: MaybeAccessor<View<SessionSnapshot>>): Accessor<SessionSnapshot>
  <Selected>(
    session: MaybeAccessor<View<SessionSnapshot>>,
    select: (snapshot: SessionSnapshot) => Selected,
    isEqual?: (before: Selected, now: Selected) => boolean,
  ): Accessor<Selected>
} = useView

/**
 * One message of a session; `undefined` while the session's view shows none of that id. What reads it runs
 * again when this message changes, and not for others.
 */
export function useMessage(
  session: MaybeAccessor<SessionView>,
  messageId: MaybeAccessor<string>,
): Accessor<Message | undefined> {
  return useView(createMemo(() => messageView(valueOf(session), valueOf(messageId))))
}

/** The session list, live while a component that calls this is mounted. */
export function useActivity(client: MaybeAccessor<ChatClient>): Accessor<ActivitySnapshot> {
  return useView(() => activityView(valueOf(client)))
}

function valueOf<Value extends object | string>(value: MaybeAccessor<Value>): Value {
  return typeof value === 'function' ? value() : value
}

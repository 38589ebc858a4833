import type { Message } from '@caughtup/schema'
import { createSubscriber } from 'svelte/reactivity'

import type { ActivitySnapshot } from '../activity/activity-snapshot.ts'
import { activityView } from '../activity/activity-view.ts'
import type { ChatClient } from '../create-chat-client.ts'
import type { View } from '../live/published.ts'
import { messageView } from '../session/message-view.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionView } from '../session/session-view.ts'
import { keepSelected } from './keep-selected.ts'

/** What is shown now. Read `current` where it is used: a copy of it does not change. */
export interface Current<Value> {
  readonly current: Value
}

type MaybeGetter<Value> = Value | (() => Value)

/**
 * The snapshot of any view, as of `aroundView`. Of a getter, the view that it returns is followed. The view is
 * open while an effect or a template reads `current`, once for all of them. A server that renders the component
 * gets the present snapshot and opens nothing.
 */
export function useView<Snapshot>(view: MaybeGetter<View<Snapshot>>): Current<Snapshot>
/**
 * What `select` makes of the snapshot. What reads it runs again only if the result is not equal to the one
 * before; one that is equal keeps its identity. `select` may read state.
 *
 * @param isEqual by default the same value, or arrays or plain objects with the same values in them
 */
export function useView<Snapshot, Selected>(
  view: MaybeGetter<View<Snapshot>>,
  select: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): Current<Selected>
export function useView<Snapshot, Selected>(
  view: MaybeGetter<View<Snapshot>>,
  select?: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): Current<Snapshot | Selected> {
  const shown: (snapshot: Snapshot) => Snapshot | Selected = select
    ? keepSelected(select, isEqual)
    : (snapshot) => snapshot
  let last: { view: View<Snapshot>; track: () => void } | undefined
  return {
    get current() {
      const now = valueOf(view)
      if (last?.view !== now) last = { view: now, track: tracking(now, shown) }
      // Before it is opened, which changes it: a page that takes over what a server drew begins with the same.
      const snapshot = now.getSnapshot()
      last.track()
      return shown(snapshot)
    },
  }
}

/** Makes the effect that calls it run again when what is shown of the view changes. */
function tracking<Snapshot, Shown>(
  view: View<Snapshot>,
  shown: (snapshot: Snapshot) => Shown,
): () => void {
  return createSubscriber((update) => {
    let before = shown(view.getSnapshot())
    return view.subscribe(() => {
      const now = shown(view.getSnapshot())
      if (Object.is(before, now)) return
      before = now
      update()
    })
  })
}

/**
 * The snapshot of a session view, or what `select` makes of it, as with `useView`. While an answer streams,
 * what reads the whole snapshot runs in each frame. The session's stream is open while something reads it.
 *
 * @alias useView, for the type of a session's snapshot
 */
export const useSession: {
  (session: MaybeGetter<View<SessionSnapshot>>): Current<SessionSnapshot>
  <Selected>(
    session: MaybeGetter<View<SessionSnapshot>>,
    select: (snapshot: SessionSnapshot) => Selected,
    isEqual?: (before: Selected, now: Selected) => boolean,
  ): Current<Selected>
} = useView

/**
 * One message of a session; `undefined` while the session's view shows none of that id. What reads it runs
 * again when this message changes, and not for others.
 */
export function useMessage(
  session: MaybeGetter<SessionView>,
  messageId: MaybeGetter<string>,
): Current<Message | undefined> {
  const viewOf = messageViews()
  return useView(() => viewOf(valueOf(session), valueOf(messageId)))
}

/** Makes views of messages; of the same one twice in a row, the same view. */
function messageViews() {
  let last: { session: SessionView; id: string; view: View<Message | undefined> } | undefined
  return (session: SessionView, id: string) => {
    if (last?.session !== session || last.id !== id) {
      last = { session, id, view: messageView(session, id) }
    }
    return last.view
  }
}

/** The session list, live while something reads it. */
export function useActivity(client: MaybeGetter<ChatClient>): Current<ActivitySnapshot> {
  return useView(() => activityView(valueOf(client)))
}

function valueOf<Value extends object | string>(value: MaybeGetter<Value>): Value {
  return typeof value === 'function' ? value() : value
}

import type { Message } from '@caughtup/schema'
import {
  computed,
  type ComputedRef,
  getCurrentInstance,
  type MaybeRefOrGetter,
  onActivated,
  onDeactivated,
  onMounted,
  shallowRef,
  toRaw,
  toValue,
  triggerRef,
  watch,
} from 'vue'

import type { ActivitySnapshot } from '../activity/activity-snapshot.ts'
import { activityView } from '../activity/activity-view.ts'
import type { ChatClient } from '../create-chat-client.ts'
import type { View } from '../live/published.ts'
import { messageView } from '../session/message-view.ts'
import type { SessionSnapshot } from '../session/session-snapshot.ts'
import type { SessionView } from '../session/session-view.ts'
import { keepSelected } from './keep-selected.ts'

/**
 * The snapshot of any view, as of `aroundView`; another view of the ref or getter is followed instead. The view
 * is open while the component that calls this is mounted and active, outside of components until the effect
 * scope is disposed of. A server that renders the component gets the present snapshot and opens nothing.
 */
export function useView<Snapshot>(view: MaybeRefOrGetter<View<Snapshot>>): ComputedRef<Snapshot>
/**
 * What `select` makes of the snapshot. What depends on it runs again only if the result is not equal to the one
 * before; one that is equal keeps its identity. `select` may read other refs.
 *
 * @param isEqual by default the same value, or arrays or plain objects with the same values in them
 */
export function useView<Snapshot, Selected>(
  view: MaybeRefOrGetter<View<Snapshot>>,
  select: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): ComputedRef<Selected>
export function useView<Snapshot, Selected>(
  view: MaybeRefOrGetter<View<Snapshot>>,
  select?: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): ComputedRef<Snapshot | Selected> {
  // A view out of a `ref` or `reactive` is a proxy, which has no private members.
  const followed = computed(() => toRaw(toValue(view)))
  const changes = shallowRef()
  // A computed value, because its snapshots are not made proxies, and keep their identity.
  const snapshot = computed(() => {
    void changes.value
    return followed.value.getSnapshot()
  })
  const isOpen = shallowRef(false)
  watch(
    () => (isOpen.value ? followed.value : undefined),
    (now, _before, onCleanup) => {
      if (!now) return
      onCleanup(now.subscribe(() => triggerRef(changes)))
      triggerRef(changes)
    },
    { flush: 'sync' },
  )
  openWhileMounted((open) => (isOpen.value = open))
  if (!select) return snapshot
  const keep = keepSelected(select, isEqual)
  return computed(() => keep(snapshot.value))
}

/** After mounting, which does not happen on servers, and comes after the page of a server is taken over. */
function openWhileMounted(set: (open: boolean) => void): void {
  if (getCurrentInstance()) {
    onMounted(() => set(true))
    onActivated(() => set(true))
    onDeactivated(() => set(false))
  } else if (typeof window !== 'undefined') set(true)
}

/**
 * The snapshot of a session view, or what `select` makes of it, as with `useView`. While an answer streams,
 * what depends on the whole snapshot runs in each frame. The session's stream is open while the component that
 * calls this is mounted and active.
 *
 * @alias useView, for the type of a session's snapshot
 */
export const useSession: {
  (session: MaybeRefOrGetter<View<SessionSnapshot>>): ComputedRef<SessionSnapshot>
  <Selected>(
    session: MaybeRefOrGetter<View<SessionSnapshot>>,
    select: (snapshot: SessionSnapshot) => Selected,
    isEqual?: (before: Selected, now: Selected) => boolean,
  ): ComputedRef<Selected>
} = useView

/**
 * One message of a session; `undefined` while the session's view shows none of that id. What depends on it runs
 * again when this message changes, and not for others.
 */
export function useMessage(
  session: MaybeRefOrGetter<SessionView>,
  messageId: MaybeRefOrGetter<string>,
): ComputedRef<Message | undefined> {
  return useView(computed(() => messageView(toRaw(toValue(session)), toValue(messageId))))
}

/** The session list, live while a component that calls this is mounted and active. */
export function useActivity(client: MaybeRefOrGetter<ChatClient>): ComputedRef<ActivitySnapshot> {
  return useView(() => activityView(toRaw(toValue(client))))
}

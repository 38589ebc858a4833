import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'

import { shallowEqual } from '../../core/shallow-equal.ts'
import type { View } from '../../live/published.ts'

/**
 * The snapshot of any view, as of `aroundView`. The view is open while a component that calls this is
 * mounted. A server that renders the component gets the present snapshot and opens nothing.
 */
export function useView<Snapshot>(view: View<Snapshot>): Snapshot
/**
 * What `select` makes of the snapshot. The component is drawn again only if the result is not equal to
 * the one before; one that is equal keeps its identity. `select` is called for each notification, so it
 * has to be quick; it may be written inline. A component gives it always or never.
 *
 * @param isEqual by default the same value, or arrays or plain objects with the same values in them
 */
export function useView<Snapshot, Selected>(
  view: View<Snapshot>,
  select: (snapshot: Snapshot) => Selected,
  isEqual?: (before: Selected, now: Selected) => boolean,
): Selected
export function useView<Snapshot, Selected>(
  view: View<Snapshot>,
  select?: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, now: Selected) => boolean = shallowEqual,
): Snapshot | Selected {
  // oxlint-disable-next-line react/rules-of-hooks -- the same in each render of a component
  return select ? useSelected(view, select, isEqual) : useSnapshot(view)
}

/**
 * The whole snapshot changes at each frame while an answer streams. `useSyncExternalStore` would update
 * synchronously and so begin every transition anew that takes longer than a frame, until React gives up
 * after 5 s. An update of a state lets transitions go on.
 */
function useSnapshot<Snapshot>(view: View<Snapshot>): Snapshot {
  const [shown, setShown] = useState(() => ({ view, snapshot: view.getSnapshot() }))
  useEffect(() => {
    const show = () => {
      const snapshot = view.getSnapshot()
      setShown((before) =>
        before.view === view && Object.is(before.snapshot, snapshot) ? before : { view, snapshot },
      )
    }
    const leave = view.subscribe(show)
    // What changed between rendering and subscribing, by the subscription too.
    show()
    return leave
  }, [view])
  return shown.view === view ? shown.snapshot : view.getSnapshot()
}

/** What changes rarely: here all components agree in each commit. */
function useSelected<Snapshot, Selected>(
  { subscribe, getSnapshot }: View<Snapshot>,
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, now: Selected) => boolean,
): Selected {
  // Of the last commit. An inline selector is another one in each render, and must not give another array.
  const committed = useRef<{ value: Selected }>(undefined)
  const getSelected = useMemo(
    // oxlint-disable-next-line react/refs -- only to keep the identity of what is equal
    () => selectedFrom(getSnapshot, select, isEqual, () => committed.current),
    [getSnapshot, select, isEqual],
  )
  const value = useSyncExternalStore(subscribe, getSelected, getSelected)
  useEffect(() => {
    committed.current = { value }
  }, [value])
  return value
}

/** What `select` makes of a snapshot, once per snapshot. */
function selectedFrom<Snapshot, Selected>(
  getSnapshot: () => Snapshot,
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, now: Selected) => boolean,
  committed: () => { value: Selected } | undefined,
): () => Selected {
  let last: { snapshot: Snapshot; value: Selected } | undefined
  return () => {
    const snapshot = getSnapshot()
    if (!last || !Object.is(last.snapshot, snapshot)) {
      const value = select(snapshot)
      const before = last ?? committed()
      last = { snapshot, value: before && isEqual(before.value, value) ? before.value : value }
    }
    return last.value
  }
}

import { shallowEqual } from '../core/shallow-equal.ts'

/** `select`, with results that keep their identity while they are equal to the one before. */
export function keepSelected<Snapshot, Selected>(
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, now: Selected) => boolean = shallowEqual,
): (snapshot: Snapshot) => Selected {
  let last: { value: Selected } | undefined
  return (snapshot) => {
    const value = select(snapshot)
    if (!last || !isEqual(last.value, value)) last = { value }
    return last.value
  }
}

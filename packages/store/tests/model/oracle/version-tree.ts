import type { Message } from '@caughtup/schema'

/** A message without its revision, which only the journal knows. */
export type OracleMessage = Omit<Message, 'revision'>

/** A place in the newest epoch, and the versions of what follows there. */
export interface Place {
  /** By order: at most one is shown. */
  following: Node[]
  shown?: Node | undefined
}

/** A message of the newest epoch in the tree of its versions. */
export interface Node extends Place {
  message: OracleMessage
  /** When it was hidden last, where it is not shown: a number that rises. */
  hiddenAt?: number
}

/** A place, and all after it that are shown. */
export function chainFrom(place: Place): Place[] {
  const chain = [place]
  for (let at = place; at.shown; at = at.shown) chain.push(at.shown)
  return chain
}

/** Ids of all messages after a place, shown or hidden. */
export function idsIn({ following }: Place): string[] {
  return following.flatMap((node) => [node.message.id, ...idsIn(node)])
}

/** What followed a removed message follows the one before it. */
export function removeFrom(place: Place, messageId: string): void {
  for (const node of place.following) {
    if (node.message.id !== messageId) {
      removeFrom(node, messageId)
      continue
    }
    const { shown, following, hiddenAt } = node
    // The rest of a hidden version stays hidden as that version.
    if (shown && hiddenAt !== undefined) shown.hiddenAt = hiddenAt
    if (place.shown === node) place.shown = shown
    place.following = [...place.following.filter((each) => each !== node), ...following].sort(
      (a, b) => a.message.order - b.message.order,
    )
    return
  }
}

/** Whether a message that is shown after a place is open. */
export function isOpenIn(place: Place): boolean {
  return chainFrom(place).some(({ shown }) => shown?.message.status === 'open')
}

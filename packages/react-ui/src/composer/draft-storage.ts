/** Where drafts are kept: `localStorage`, or what has these three of its methods. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const prefix = 'caughtup-draft-'

/** The draft that is kept under a key; none if the storage fails. `storage` is where, `null` if nowhere. */
export function readDraft(key: string, storage: DraftStorage | null | undefined): string {
  try {
    return storageOf(storage)?.getItem(prefix + key) ?? ''
  } catch {
    // The browser forbids storage, for example with cookies blocked, so drafts are not kept.
    return ''
  }
}

/** Keeps a draft, or forgets an empty one. */
export function writeDraft(
  key: string,
  draft: string,
  storage: DraftStorage | null | undefined,
): void {
  try {
    const where = storageOf(storage)
    if (draft === '') where?.removeItem(prefix + key)
    else where?.setItem(prefix + key, draft)
  } catch {
    // Full or forbidden: the draft lives as long as its field.
  }
}

/** Reading `localStorage` may throw by itself, and a server has none. */
function storageOf(storage: DraftStorage | null | undefined): DraftStorage | null | undefined {
  return storage === undefined ? globalThis.localStorage : storage
}

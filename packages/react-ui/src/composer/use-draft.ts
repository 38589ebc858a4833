import { useCallback, useMemo, useState, useSyncExternalStore } from 'react'

import { type DraftStorage, readDraft, writeDraft } from './draft-storage.ts'

/**
 * The unsent text under a key. It is stored at each change, so that neither a look at another session nor a
 * reload, nor a crash of the browser, loses it. A server renders it empty.
 */
export function useDraft(
  key: string,
  storage: DraftStorage | null | undefined,
): [string, (draft: string) => void] {
  const [written, setWritten] = useState<string>()
  const kept = useSyncExternalStore(
    never,
    useMemo(() => once(() => readDraft(key, storage)), [key, storage]),
    () => '',
  )
  const write = useCallback(
    (draft: string) => {
      setWritten(draft)
      writeDraft(key, draft, storage)
    },
    [key, storage],
  )
  return [written ?? kept, write]
}

/** What another tab writes is not shown: two people at one field would be in each other's way. */
const never = () => () => {}

function once<Value>(read: () => Value): () => Value {
  let value: { read: Value } | undefined
  return () => (value ??= { read: read() }).read
}

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'

import type { Upload } from './attachment.ts'
import { type AttachmentLimits, embeddedLimits } from './attachment-limits.ts'
import { AttachmentTray } from './attachment-tray.ts'

/** The files of the prompt that is being written; they and their uploads end with the component. */
export function useAttachments(upload: Upload | undefined, given: AttachmentLimits | undefined) {
  const [tray] = useState(() => new AttachmentTray())
  const attached = useSyncExternalStore(tray.subscribe, tray.getSnapshot, tray.getSnapshot)
  useEffect(() => () => tray.clear(), [tray])
  const limits = useMemo(() => ({ ...(!upload && embeddedLimits), ...given }), [upload, given])
  const calls = useMemo(() => {
    const attaching = { upload, limits }
    return {
      accept: limits.accept ?? '',
      attach: (files: Iterable<File>) => tray.add(files, attaching),
      retryUpload: (id: number) => tray.retry(id, attaching),
      removeFile: (id: number) => tray.remove(id),
      clear: () => tray.clear(),
    }
  }, [tray, upload, limits])
  return { ...attached, ...calls }
}

import type { Message, RunError } from '@caughtup/schema'
import { TriangleAlert, X } from 'lucide-react'
import { useState } from 'react'

import { FailureDetails } from '../transcript/answer/failure-details.tsx'
import { IconButton } from '../ui/icon-button.tsx'

interface RunFailureProps {
  /** The error of the newest run. */
  error: RunError | undefined
  messages: readonly Message[]
}

/** The error of a run without an answer that could show it, such as a compaction. */
export function RunFailure({ error, messages }: RunFailureProps) {
  const [dismissed, setDismissed] = useState<RunError>()
  if (!error || error === dismissed || messages.at(-1)?.metadata.error) return null
  return (
    <div
      role="note"
      className="mb-2 flex items-start gap-2.5 rounded-xl border border-danger/30 bg-danger-soft px-3 py-1.5 text-sm"
    >
      <TriangleAlert aria-hidden size={16} className="mt-1 shrink-0 text-danger" />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p>
          <span className="font-medium">The last run failed.</span> {error.message}
        </p>
        <FailureDetails facts={[['Code', error.code]]} />
      </div>
      <IconButton icon={X} label="Dismiss" size="small" onClick={() => setDismissed(error)} />
    </div>
  )
}

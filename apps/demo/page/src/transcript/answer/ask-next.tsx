import type { Part } from '@caughtup/schema'
import { CornerDownRight } from 'lucide-react'

import { askNextType, offeredPrompts } from '../../../../shared/ask-next.ts'
import { useShownSession } from '../../client/session-context.tsx'

/** The prompts that an answer offers to go on with; one that is chosen is sent. */
export function AskNext({ parts }: { parts: readonly Part[] }) {
  const { send } = useShownSession()
  const prompts = parts.flatMap((part) =>
    part.type === askNextType && 'data' in part ? offeredPrompts(part.data) : [],
  )
  if (prompts.length === 0) return null
  return (
    <section aria-label="Ask next" className="mt-4">
      <h3 className="text-xs font-medium text-muted-foreground">Ask next</h3>
      <ul className="mt-1 flex flex-col items-start gap-1">
        {prompts.map(({ prompt, hint }) => (
          <li key={prompt} className="max-w-full">
            <button
              type="button"
              onClick={() => send(prompt)}
              className="flex min-h-8 max-w-full items-start gap-2 rounded-lg px-2 py-1 text-left text-sm text-primary hover:bg-muted"
            >
              <CornerDownRight aria-hidden size={14} className="mt-1 shrink-0" />
              <span className="min-w-0 wrap-anywhere">
                {prompt}
                {hint && <span className="text-muted-foreground"> · {hint}</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

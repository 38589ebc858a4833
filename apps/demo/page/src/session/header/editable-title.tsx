import { Pencil } from 'lucide-react'

import { useClient } from '../../client/client-context.tsx'
import { RenameField } from '../../ui/rename/rename-field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { useRenaming } from '../../ui/rename/use-renaming.ts'

export function EditableTitle({ sessionId, title }: { sessionId: string; title: string }) {
  const client = useClient()
  const { attempt } = useToasts()
  const { renaming, trigger, start, done } = useRenaming<HTMLButtonElement>()

  if (renaming) {
    return (
      <RenameField
        title={title}
        className="-ml-2 h-7 w-full max-w-md font-semibold"
        onDone={(next, byKey) => {
          done(byKey)
          if (next === undefined) return
          attempt('Renaming the chat', () => client.rpc.sessions.update({ sessionId, title: next }))
        }}
      />
    )
  }
  return (
    <h1 className="flex h-7 min-w-0 font-semibold">
      <button
        ref={trigger}
        type="button"
        title="Rename this chat"
        className="group -ml-2 flex min-w-0 items-center gap-2 rounded-md px-2 hover:bg-muted"
        onClick={start}
      >
        <span className="truncate">{title}</span>
        <Pencil
          aria-hidden
          size={14}
          className="shrink-0 text-muted-foreground opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
        />
      </button>
    </h1>
  )
}

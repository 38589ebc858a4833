import type { Member } from '@caughtup/schema'
import { UserPlus, X } from 'lucide-react'
import { type SyntheticEvent, useEffect, useId, useState } from 'react'

import { useClient } from '../client/client-context.tsx'
import { pagePrincipal } from '../client/demo-client.ts'
import { sessionHref } from '../hooks/use-route.ts'
import { Button } from '../ui/button.tsx'
import { useModal } from '../ui/dialog/use-modal.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { useToasts } from '../ui/toasts.tsx'

interface MembersDialogProps {
  sessionId: string
  onClose: () => void
}

/** Shows who is in a chat; its owner adds and removes others by name. */
export function MembersDialog({ sessionId, onClose }: MembersDialogProps) {
  const { rpc } = useClient()
  const { attempt } = useToasts()
  const modal = useModal(onClose)
  const id = useId()
  const [members, setMembers] = useState<readonly Member[]>([])
  const [name, setName] = useState('')
  const [changes, setChanges] = useState(0)
  const me = pagePrincipal() ?? 'local'
  const isOwner = members.some(({ principal, owner }) => owner && principal === me)

  useEffect(() => {
    attempt('Loading the members', async () => {
      const { members: loaded } = await rpc.sessions.members({ sessionId })
      setMembers(loaded)
    })
  }, [attempt, rpc, sessionId, changes])

  const change = (action: string, call: () => Promise<unknown>) =>
    attempt(action, async () => {
      await call()
      setChanges((count) => count + 1)
    })
  const add = (event: SyntheticEvent) => {
    event.preventDefault()
    const principal = name.trim()
    if (principal === '') return
    change('Adding the member', () => rpc.sessions.addMember({ sessionId, principal }))
    setName('')
  }

  return (
    <dialog
      {...modal}
      aria-labelledby={`${id}-title`}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-border bg-card p-0 text-foreground shadow-xl"
    >
      <div className="p-5">
        <h2 id={`${id}-title`} className="font-semibold">
          Members
        </h2>
        <p className="mt-1.5 text-sm text-muted-foreground">
          All of them read and write in this chat. The demo has no passwords: a name’s link opens
          the chat as that user.
        </p>
        <ul aria-label="Members" className="mt-4 flex flex-col gap-1 text-sm">
          {members.map(({ principal, owner }) => (
            <li key={principal} className="flex min-h-8 items-center gap-2">
              <a
                href={`?as=${encodeURIComponent(principal)}${sessionHref(sessionId)}`}
                target="_blank"
                rel="noreferrer"
                className="truncate font-medium text-primary underline underline-offset-2"
              >
                {principal}
              </a>
              {owner && <span className="text-muted-foreground">owner</span>}
              {principal === me && <span className="text-muted-foreground">you</span>}
              {isOwner && !owner && (
                <IconButton
                  icon={X}
                  size="small"
                  label={`Remove ${principal}`}
                  className="ml-auto"
                  onClick={() =>
                    change('Removing the member', () =>
                      rpc.sessions.removeMember({ sessionId, principal }),
                    )
                  }
                />
              )}
            </li>
          ))}
        </ul>
        {isOwner && (
          <form onSubmit={add} className="mt-3 flex gap-2">
            <input
              aria-label="Name of a new member"
              placeholder="Name"
              value={name}
              maxLength={64}
              pattern="[A-Za-z0-9_\-]+"
              onChange={(event) => setName(event.target.value)}
              className="h-9 min-w-0 flex-1 rounded-lg border border-input bg-background px-3 text-sm"
            />
            <Button type="submit" disabled={name.trim() === ''}>
              <UserPlus aria-hidden size={15} />
              Add
            </Button>
          </form>
        )}
        <div className="mt-5 flex justify-end">
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </dialog>
  )
}

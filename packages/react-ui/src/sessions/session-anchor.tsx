import type { ComponentProps, MouseEvent } from 'react'

import { type SessionTarget, useSessionList } from './session-list-context.ts'

/** What may be given to a link of the list, which is a button where the host has no `href`. */
export type SessionAnchorProps = Omit<ComponentProps<'a'>, 'ref' | 'href'>

/** Leads to a session or a message. */
export function SessionAnchor({
  to,
  children,
  ...props
}: SessionAnchorProps & { to: SessionTarget }) {
  const { href, onSelect } = useSessionList()
  const select = (event: MouseEvent) => {
    if (!opensElsewhere(event)) onSelect?.(to, event)
  }
  if (href) {
    return (
      <a href={href(to)} onClick={select} {...props}>
        {children}
      </a>
    )
  }
  return (
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what both elements have in common
    <button type="button" onClick={select} {...(props as ComponentProps<'button'>)}>
      {children}
    </button>
  )
}

function opensElsewhere({ ctrlKey, metaKey, shiftKey }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey
}

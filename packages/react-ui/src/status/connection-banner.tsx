import { useView } from '@caughtup/web-client/react'
import { type ComponentProps, createContext, type ReactNode, useContext, useState } from 'react'

import type { Texts } from '../texts/texts.ts'
import { useAnnounce } from '../ui/announcer.tsx'
import { useAttempt, useTexts } from '../ui/ui-provider.tsx'
import { useReturnedFocus } from '../ui/use-returned-focus.ts'
import {
  type ConnectedView,
  type ConnectionTrouble,
  type TroubleAction,
  type TroubleKind,
  troubleText,
} from './connection-trouble.ts'
import { useConnectionTrouble } from './use-connection-trouble.ts'

export interface ConnectionBannerProps extends Omit<ComponentProps<'div'>, 'ref'> {
  /** `client.session(id)`, or `activityView(client)`. */
  view: ConnectedView & { reconnect: () => void }
  /** Shows another session than one that is gone. Without it, none is offered. */
  onLeave?: () => void
  /** Gets other credentials, before the view connects again. Without it, the view just does. */
  onSignIn?: () => Promise<unknown>
  /** @default `location.reload()` */
  onReloadPage?: () => void
  /** @default `<ConnectionText />` and `<ConnectionAction />` */
  children?: ReactNode
}

interface Banner {
  trouble: ConnectionTrouble
  /** Absent where the host gives no function for it. */
  act?: () => void
}

const BannerContext = createContext<Banner | undefined>(undefined)

/**
 * What is the matter with a connection, and what to do about it: nothing while all is well. A
 * `<div role="alert">` with `data-urgent` where nothing goes on without a person, else `role="status"`;
 * `data-kind` says which trouble it is. Below an `Announcer` a `status` is left for `SessionAnnouncements`
 * to say.
 */
export function ConnectionBanner({
  view,
  onLeave,
  onSignIn,
  onReloadPage = () => location.reload(),
  children,
  ...props
}: ConnectionBannerProps) {
  const { trouble, reconnect } = useLastingTrouble(view)
  const attempt = useAttempt()
  const isAnnounced = useAnnounce() !== undefined
  if (!trouble) return null
  const { kind, urgent, action, keptPrompts } = trouble
  const actions: Record<TroubleAction, (() => void) | undefined> = {
    reconnect,
    'reload-page': onReloadPage,
    leave: onLeave,
    'sign-in': () => {
      void attempt('sign-in', async () => {
        await onSignIn?.()
        reconnect()
      })
    },
  }
  const act = action && actions[action]
  return (
    <div
      role={urgent ? 'alert' : 'status'}
      aria-live={isAnnounced && !urgent ? 'off' : undefined}
      data-kind={kind}
      data-urgent={urgent || undefined}
      data-kept-prompts={keptPrompts || undefined}
      {...props}
    >
      <BannerContext.Provider value={{ trouble, ...(act && { act }) }}>
        {children ?? (
          <>
            <ConnectionText />
            <ConnectionAction />
          </>
        )}
      </BannerContext.Provider>
    </div>
  )
}

/** Of a `ConnectionBanner`: what is the matter, in a `<span>`. */
export function ConnectionText({ children, ...props }: Omit<ComponentProps<'span'>, 'ref'>) {
  const { trouble } = useBanner()
  const { connection } = useTexts()
  return <span {...props}>{children ?? troubleText(trouble, connection)}</span>
}

/** Of a `ConnectionBanner`: the button that helps, with `data-action`; nothing where none does. */
export function ConnectionAction(props: ButtonProps) {
  const { trouble, act } = useBanner()
  return act && trouble.action ? (
    <ActionButton trouble={trouble} action={trouble.action} act={act} {...props} />
  ) : null
}

type ButtonProps = Omit<ComponentProps<'button'>, 'ref'>

interface ActionButtonProps extends ButtonProps {
  trouble: ConnectionTrouble
  action: TroubleAction
  act: () => void
}

function ActionButton({ trouble, action, act, children, ...props }: ActionButtonProps) {
  const { connection: texts } = useTexts()
  const focus = useReturnedFocus()
  const { kind, trying } = trouble
  return (
    <button
      type="button"
      data-action={action}
      // It keeps the focus, so it is not really disabled.
      aria-disabled={trying || undefined}
      onClick={() => {
        if (!trying) act()
      }}
      {...focus}
      {...props}
    >
      {children ?? actionText(kind, action, texts)}
    </button>
  )
}

/**
 * The trouble of a view. An attempt that a person asked for is the first of a new series, as at the start of
 * a page: until it is over, the trouble is still the one before.
 */
function useLastingTrouble(view: ConnectionBannerProps['view']) {
  const trouble = useConnectionTrouble(view)
  const status = useView(view, ({ connection }) => connection.status)
  const [asked, setAsked] = useState<ConnectionTrouble>()
  const isAsking = status === 'connecting' || status === 'idle'
  if (asked && !isAsking) setAsked(undefined)
  const reconnect = () => {
    view.reconnect()
    setAsked(trouble)
  }
  const isOver = trouble && trouble.kind !== 'catching-up'
  const lasts = asked && isAsking && !isOver
  return { trouble: lasts ? { ...asked, trying: true } : trouble, reconnect }
}

const actionTexts = {
  'reload-page': 'reloadPage',
  leave: 'leave',
  'sign-in': 'signIn',
} as const

function actionText(kind: TroubleKind, action: TroubleAction, texts: Texts['connection']): string {
  if (action !== 'reconnect') return texts[actionTexts[action]]
  return kind === 'unreachable' ? texts.tryNow : texts.reconnect
}

function useBanner(): Banner {
  const banner = useContext(BannerContext)
  if (!banner) throw new Error('This part has to be in a ConnectionBanner.')
  return banner
}

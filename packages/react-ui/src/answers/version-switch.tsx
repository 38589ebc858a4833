import type { Message } from '@caughtup/schema'
import type { SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'
import {
  type ComponentProps,
  createContext,
  type MouseEvent,
  type ReactNode,
  useContext,
  useState,
} from 'react'

import { useAttempt, useTexts } from '../ui/ui-provider.tsx'
import { focusWhenThere } from './focus-when-there.ts'

export interface VersionSwitchProps extends Omit<ComponentProps<'div'>, 'ref'> {
  session: SessionView
  /** A prompt or an answer. */
  message: Message
  /** @default `<VersionPrevious />`, `<VersionPosition />` and `<VersionNext />` */
  children?: ReactNode
}

type Direction = 'previous' | 'next'

interface Switch {
  index: number
  count: number
  /** Whether none can be chosen now: a run is active, or the last choice is under way. */
  busy: boolean
  choose: (index: number, direction: Direction, document: Document) => void
}

const SwitchContext = createContext<Switch | undefined>(undefined)

/**
 * Goes back and forth between the versions that begin in a message's place: ‹ 2/3 ›. Nothing where there is
 * only one, or in an older epoch, whose versions stay as they are. A `<div role="group">` with
 * `data-busy` while none can be chosen. The focus stays on the button, though the version shown is another
 * message.
 */
export function VersionSwitch({ session, message, children, ...props }: VersionSwitchProps) {
  const attempt = useAttempt()
  const { versionOf } = useTexts().answers
  const [epoch, isRunning] = useSession(session, ({ epoch: newest, run }) => [
    newest,
    run !== undefined,
  ])
  const [choosing, setChoosing] = useState(false)
  const { id, version } = message
  if (!version || message.epoch !== epoch) return null
  const { index, count } = version
  const busy = choosing || isRunning
  const choose: Switch['choose'] = (wanted, direction, document) => {
    if (busy) return
    setChoosing(true)
    void attempt('choose-version', async () => {
      const versions = await session.versions(id)
      const other = versions.find((one) => one.index === wanted)
      if (!other) return
      await session.choose(other.message.id)
      focusWhenThere(
        document,
        `[data-version-of="${CSS.escape(other.message.id)}"] [data-direction="${direction}"]`,
      )
    }).finally(() => setChoosing(false))
  }
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a <fieldset> is of a form
      role="group"
      aria-label={versionOf(index, count)}
      data-version-of={id}
      data-busy={busy || undefined}
      {...props}
    >
      <SwitchContext.Provider value={{ index, count, busy, choose }}>
        {children ?? (
          <>
            <VersionPrevious />
            <VersionPosition />
            <VersionNext />
          </>
        )}
      </SwitchContext.Provider>
    </div>
  )
}

/** Of a `VersionSwitch`: shows the version before. */
export function VersionPrevious({ children = '‹', ...props }: ButtonProps) {
  return (
    <VersionButton direction="previous" {...props}>
      {children}
    </VersionButton>
  )
}

/** Of a `VersionSwitch`: shows the next version. */
export function VersionNext({ children = '›', ...props }: ButtonProps) {
  return (
    <VersionButton direction="next" {...props}>
      {children}
    </VersionButton>
  )
}

/** Of a `VersionSwitch`: which version is shown, of how many. */
export function VersionPosition({ children, ...props }: Omit<ComponentProps<'span'>, 'ref'>) {
  const { index, count } = useSwitch()
  return (
    <span aria-hidden {...props}>
      {children ?? `${index}/${count}`}
    </span>
  )
}

type ButtonProps = Omit<ComponentProps<'button'>, 'ref'>

function VersionButton({ direction, ...props }: ButtonProps & { direction: Direction }) {
  const { index, count, busy, choose } = useSwitch()
  const { previousVersion, nextVersion } = useTexts().answers
  const label = direction === 'previous' ? previousVersion : nextVersion
  const wanted = direction === 'previous' ? index - 1 : index + 1
  const isThere = wanted >= 1 && wanted <= count
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      data-direction={direction}
      // It keeps the focus, so it is not really disabled.
      aria-disabled={busy || !isThere || undefined}
      onClick={({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
        if (isThere) choose(wanted, direction, currentTarget.ownerDocument)
      }}
      {...props}
    />
  )
}

function useSwitch(): Switch {
  const value = useContext(SwitchContext)
  if (!value) throw new Error('This part has to be in a VersionSwitch.')
  return value
}

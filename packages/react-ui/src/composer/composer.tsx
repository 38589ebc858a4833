import type { SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'

import { useAttempt } from '../ui/ui-provider.tsx'
import { ComposerForm, type ComposerOptions, type SendPrompt } from './composer-form.tsx'

export type ComposerProps = ComposerOptions &
  (
    | {
        /** Where prompts go, and what is stopped. */
        session: SessionView
        /** Sends a prompt in place of `session.send`. */
        onSend?: SendPrompt
      }
    | {
        /** Not made yet: the first prompt may make it, by `onSend`. */
        session?: undefined
        onSend: SendPrompt
      }
  )

/**
 * A form in which a prompt is written. Without children it has all its parts: `ComposerAttachments`,
 * `ComposerRefusals`, `ComposerAttach`, `ComposerField`, `ComposerSteer`, `ComposerStop` and `ComposerSend`.
 *
 * Files that are dropped on it or pasted into it are attached. It has `data-streaming` while an answer is
 * written, and `data-dragging` while files are dragged over it.
 */
export function Composer({ session, onSend, ...options }: ComposerProps) {
  // By its key it is another one for another session: neither text nor files go along.
  const { draftKey = session?.sessionId ?? 'new' } = options
  if (session) {
    const send = onSend ?? ((prompt) => void session.send(prompt).catch(shownAsPending))
    return <SessionComposer key={draftKey} {...options} {...{ session, draftKey, onSend: send }} />
  }
  if (!onSend) throw new Error('<Composer> needs a session, or onSend')
  return <ComposerForm key={draftKey} {...options} {...{ draftKey, onSend, streaming: false }} />
}

interface SessionComposerProps extends ComposerOptions {
  session: SessionView
  draftKey: string
  onSend: SendPrompt
}

function SessionComposer({ session, disabled = false, ...options }: SessionComposerProps) {
  const attempt = useAttempt()
  const { streaming, canInterrupt, isGone } = useSession(session, (snapshot) => ({
    streaming: snapshot.streaming,
    canInterrupt: snapshot.canInterrupt,
    isGone: snapshot.connection.remedy === 'leave',
  }))
  const stop = () => void attempt('stop', () => session.interrupt())
  return (
    <ComposerForm
      {...options}
      streaming={streaming}
      disabled={disabled || isGone}
      {...(canInterrupt && { onStop: stop })}
    />
  )
}

/** A prompt that failed is in the session's snapshot, with its error. */
function shownAsPending(): void {}

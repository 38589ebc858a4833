import { createContext, type RefObject, useContext } from 'react'

import type { Attached } from '../attachments/attachment-tray.ts'

/** The prompt that is being written, and what can be done with it. */
export interface ComposerState extends Attached {
  /** What is in the field. */
  text: string
  write: (text: string) => void
  /** Adds files to the prompt, within the limits. */
  attach: (files: Iterable<File>) => void
  retryUpload: (id: number) => void
  removeFile: (id: number) => void
  /** Which files can be chosen, as in the attribute `accept`. */
  accept: string
  /** Whether an answer is being written, so that a prompt would wait in the queue. */
  streaming: boolean
  /** Whether there is something to send, and nothing in its way: no file that is uploading or has failed. */
  canSend: boolean
  /** Whether the text or files are there, but a file is uploading or has failed. */
  waitsForFiles: boolean
  /** Whether a prompt is on its way to `onSend`: it cannot be changed. */
  sending: boolean
  /** Whether nothing can be sent, as the session is gone. */
  disabled: boolean
  /** Sends the prompt; with `steer` it is offered to the answer that is being written. */
  send: (how?: { steer?: boolean }) => void
  /** Stops the answer; absent if there is none to stop. */
  stop?: () => void
  /** Moves the focus to the field. */
  focus: () => void
  /** @internal Of the field. */
  fieldRef: RefObject<HTMLTextAreaElement | null>
}

export const ComposerContext = createContext<ComposerState | undefined>(undefined)

/** For parts of your own: the state of the `Composer` around them. Throws if there is none. */
export function useComposer(): ComposerState {
  const composer = useContext(ComposerContext)
  if (!composer) throw new Error('useComposer needs a <Composer> around it')
  return composer
}

import type { SendInput } from '@caughtup/schema'

import { asChatError } from '../core/errors.ts'
import type { SessionView } from '../session/session-view.ts'
import { answerAnew, answerTo, answerWithId, HeardRuns } from './answer-place.ts'
import type { Asked } from './answer-stream.ts'
import { type ChatMessage, promptParts } from './chat-message.ts'
import { answersIn, shownIn } from './tool-answers.ts'
import { untilLive } from './until-live.ts'

/** What a chat may ask with a prompt, in `body`: `sendMessage(message, { body: { model } })`. */
export interface PromptOptions {
  model?: string
  thinkingLevel?: string
  /** What becomes of the prompt while an answer is written. @default queue */
  whenBusy?: NonNullable<SendInput['whenBusy']>
}

/** A new prompt, one that failed again, or none if the prompt is to be answered as it is. */
export async function sendPrompt(
  view: SessionView,
  message: ChatMessage,
  options: PromptOptions,
): Promise<Asked> {
  const custom = message.metadata?.custom
  const { runId } = await view.send({
    ...options,
    ...(custom && { custom }),
    messageId: message.id,
    parts: promptParts(message),
  })
  return { place: answerTo(message.id, runId) }
}

/** Whether a prompt failed, so that the server does not have it. */
export function hasFailed(view: SessionView, messageId: string): boolean {
  const { pending } = view.getSnapshot()
  return pending.some((prompt) => prompt.messageId === messageId && prompt.state === 'failed')
}

/** Sends a prompt that failed again, perhaps with other content. */
export async function sendAgain(
  view: SessionView,
  messageId: string,
  message?: ChatMessage,
): Promise<Asked> {
  if (message) await view.updatePending(messageId, promptParts(message))
  const sent = await view.retryPending(messageId)
  return { place: sent ? answerTo(messageId, sent.runId) : answerWithId(messageId) }
}

/** Another prompt in place of one. */
export function resend(
  view: SessionView,
  messageId: string,
  message: ChatMessage,
  options: PromptOptions,
): Promise<Asked & { promptId: string }> {
  const { whenBusy: _, ...asked } = options
  const custom = message.metadata?.custom
  return anew(view, async (heard) => {
    const sent = await view.resend(messageId, {
      ...asked,
      ...(custom && { custom }),
      parts: promptParts(message),
    })
    const { messageId: promptId, runId } = sent
    return { place: answerAnew(answerTo(promptId, runId), runId, heard), promptId }
  })
}

/** Another answer to a prompt. */
export function retry(
  view: SessionView,
  messageId: string | undefined,
  options: PromptOptions,
): Promise<Asked> {
  const { whenBusy: _, ...asked } = options
  return anew(view, async (heard) => {
    const { answerId, runId } = await view.retry(messageId, asked)
    return { place: answerAnew(answerWithId(answerId), runId, heard) }
  })
}

/** Listens before the call, as what it does may be heard before its answer. */
async function anew<T extends Asked>(
  view: SessionView,
  call: (heard: HeardRuns) => Promise<T>,
): Promise<T> {
  const heard = new HeardRuns(view)
  try {
    return { ...(await call(heard)), stop: () => heard.stop() }
  } catch (error) {
    heard.stop()
    throw error
  }
}

/**
 * The answers to tool calls that a chat's copy of an answer has. One that another device gave first
 * counts. If there is nothing to go on with, the chat is told that it was interrupted.
 */
export async function respond(
  view: SessionView,
  copy: ChatMessage,
  signal: AbortSignal | undefined,
): Promise<Asked> {
  const { messages } = await untilLive(view, signal)
  const message = messages.findLast(({ id }) => id === copy.id)
  const place = answerWithId(copy.id)
  if (!message) return { place, isElsewhere: 'other' }
  const answers = answersIn(copy, message)
  for (const [index, answer] of answers) {
    const call = message.parts[index]
    if (call?.type !== 'dynamic-tool') continue
    try {
      await view.respond(call.toolCallId, answer)
    } catch (error) {
      if (asChatError(error).code !== 'CONFLICT') throw error
    }
  }
  // A chat whose rule sends it whenever its last calls have results would do so for ever.
  if (answers.size === 0 && message.status === 'done') return { place, isElsewhere: 'interrupted' }
  const shown = shownIn(copy, message)
  if (!shown) return { place, isElsewhere: 'other' }
  return { place, shown, answered: [...answers.keys()] }
}

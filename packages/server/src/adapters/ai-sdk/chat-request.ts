import { CaughtupError, preview, type PromptPart } from '@caughtup/schema'

/** What a client's answer to a call says. */
export type CallAnswer =
  | { approved: boolean; reason?: string }
  | { output: unknown }
  | { error: string }

export type ChatRequest = { sessionId: string; model?: string; thinkingLevel?: string } & (
  | { asks: 'prompt'; messageId: string; parts: PromptPart[]; replaces?: string; custom?: object }
  /** After this prompt. */
  | { asks: 'regenerate'; promptId: string }
  | { asks: 'go-on'; messageId: string; answers: { toolCallId: string; answer: CallAnswer }[] }
)

/**
 * What the body of the AI SDK's transport asks for. It brings the whole conversation, of which only the last
 * message is read: a prompt, or an answer whose calls the client has answered.
 *
 * @throws CaughtupError `BAD_INPUT`
 */
export function readChatRequest(body: unknown): ChatRequest {
  const request = objectAt(body, 'body')
  const sessionId = textAt(request['id'], 'id')
  const { messages } = request
  if (!Array.isArray(messages) || messages.length === 0) {
    throw wrong('messages', 'must be a list with a message')
  }
  const place = `messages.${messages.length - 1}`
  const last = objectAt(messages.at(-1), place)
  const { model, thinkingLevel, trigger, messageId } = request
  const whole = {
    sessionId,
    ...(typeof model === 'string' && { model }),
    ...(typeof thinkingLevel === 'string' && { thinkingLevel }),
  }
  const id = textAt(last['id'], `${place}.id`)
  if (last['role'] === 'assistant') {
    return { ...whole, asks: 'go-on', messageId: id, answers: answersIn(last, place) }
  }
  if (last['role'] !== 'user') throw wrong(`${place}.role`, 'must be user or assistant')
  if (trigger === 'regenerate-message') return { ...whole, asks: 'regenerate', promptId: id }
  const parts = promptParts(last, place)
  const { metadata } = last
  const custom = isObject(metadata) ? { custom: metadata } : {}
  const isOther = messageId !== undefined && messageId !== null
  const replaces = isOther ? { replaces: textAt(messageId, 'messageId') } : {}
  return { ...whole, asks: 'prompt', messageId: id, parts, ...replaces, ...custom }
}

function promptParts(message: Record<string, unknown>, place: string): PromptPart[] {
  return partsOf(message, place).map((part, index): PromptPart => {
    const where = `${place}.parts.${index}`
    if (part['type'] === 'text')
      return { type: 'text', text: textAt(part['text'], `${where}.text`) }
    if (part['type'] !== 'file') throw wrong(`${where}.type`, 'must be text or file', part['type'])
    const { filename } = part
    return {
      type: 'file',
      mediaType: textAt(part['mediaType'], `${where}.mediaType`),
      url: textAt(part['url'], `${where}.url`),
      ...(typeof filename === 'string' && { filename }),
    }
  })
}

function answersIn(message: Record<string, unknown>, place: string) {
  return partsOf(message, place).flatMap((part) => {
    const { toolCallId } = part
    const answer = answerOf(part)
    return answer && typeof toolCallId === 'string' ? [{ toolCallId, answer }] : []
  })
}

function answerOf(part: Record<string, unknown>): CallAnswer | undefined {
  const { state, approval, output, errorText } = part
  if (state === 'approval-responded' && isObject(approval)) {
    const { approved, reason } = approval
    return { approved: approved === true, ...(typeof reason === 'string' && { reason }) }
  }
  if (state === 'output-available') return { output: output ?? null }
  if (state === 'output-error') return { error: typeof errorText === 'string' ? errorText : '' }
  return undefined
}

function partsOf(message: Record<string, unknown>, place: string): Record<string, unknown>[] {
  const { parts } = message
  if (!Array.isArray(parts)) throw wrong(`${place}.parts`, 'must be a list', parts)
  return parts.map((part, index) => objectAt(part, `${place}.parts.${index}`))
}

function objectAt(value: unknown, field: string): Record<string, unknown> {
  if (isObject(value)) return value
  throw wrong(field, 'must be an object', value)
}

function textAt(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw wrong(field, 'must be a text', value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(field: string, words: string, value?: unknown): CaughtupError {
  return new CaughtupError('BAD_INPUT', `${field} ${words}.`, { field, value: preview(value) })
}

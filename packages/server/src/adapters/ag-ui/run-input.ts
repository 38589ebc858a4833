import { CaughtupError, id as idSchema, preview, type PromptPart } from '@caughtup/schema'

/** What is read of a client's request. Its history is not: the session has that. */
export interface RunInput {
  threadId: string
  runId: string
  /** All of it, as the client sent it. */
  whole: Readonly<Record<string, unknown>>
  /** The newest message, if it is a prompt. */
  prompt: { id: string; parts: PromptPart[] } | undefined
  /** The tool messages at the end: results of calls that the client made. */
  results: { toolCallId: string; content: string; error: string | undefined }[]
  /** Answers to interrupts. */
  answers: { interruptId: string; approved: boolean; reason: string | undefined }[]
}

/** @throws CaughtupError `BAD_INPUT` */
export function readRunInput(body: unknown): RunInput {
  const input = object(body, 'body')
  const messages = list(input['messages'] ?? [], 'messages').map((message, index) =>
    object(message, `messages.${index}`),
  )
  const newest = messages.at(-1)
  const afterAnswer = messages.findLastIndex(({ role }) => role !== 'tool') + 1
  return {
    whole: input,
    threadId: text(input['threadId'], 'threadId'),
    runId: text(input['runId'], 'runId'),
    prompt:
      newest?.['role'] === 'user' ? promptOf(newest, `messages.${messages.length - 1}`) : undefined,
    results: messages.slice(afterAnswer).map((message, index) => ({
      toolCallId: text(message['toolCallId'], `messages.${afterAnswer + index}.toolCallId`),
      content: contentText(message['content']),
      error: typeof message['error'] === 'string' ? message['error'] : undefined,
    })),
    answers: list(input['resume'] ?? [], 'resume').map((entry, index) =>
      answerOf(object(entry, `resume.${index}`), `resume.${index}`),
    ),
  }
}

/** A payload is `true` or `false`, or has `approved`; without either the interrupt was accepted. */
function answerOf(entry: Readonly<Record<string, unknown>>, place: string) {
  const { status, payload } = entry
  const said = isObject(payload) ? payload : { approved: payload }
  const { approved, reason } = said
  return {
    interruptId: text(entry['interruptId'], `${place}.interruptId`),
    approved: status === 'resolved' && approved !== false,
    reason: typeof reason === 'string' ? reason : undefined,
  }
}

function promptOf({ id, content }: Readonly<Record<string, unknown>>, place: string) {
  if (typeof content === 'string') {
    return { id: anId(id, `${place}.id`), parts: [{ type: 'text' as const, text: content }] }
  }
  const parts = list(content, `${place}.content`).map((part, index) =>
    promptPart(object(part, `${place}.content.${index}`), `${place}.content.${index}`),
  )
  return { id: anId(id, `${place}.id`), parts }
}

function promptPart(part: Readonly<Record<string, unknown>>, place: string): PromptPart {
  if (part['type'] === 'text') return { type: 'text', text: text(part['text'], `${place}.text`) }
  const source = object(part['source'], `${place}.source`)
  const value = text(source['value'], `${place}.source.value`)
  const given = source['mimeType']
  const mediaType = typeof given === 'string' ? given : `${String(part['type'])}/*`
  if (source['type'] === 'url') return { type: 'file', mediaType, url: value }
  if (source['type'] === 'data') {
    return { type: 'file', mediaType, url: `data:${mediaType};base64,${value}` }
  }
  throw refused(source['type'], `${place}.source.type`, 'url or data')
}

/** The texts of a content. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw refused(value, field, 'an object')
}

function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw refused(value, field, 'a list')
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw refused(value, field, 'a text')
}

/** Messages are looked up by it. */
function anId(value: unknown, field: string): string {
  const read = idSchema.safeParse(value)
  if (read.success) return read.data
  throw refused(value, field, '1 to 64 characters of A–Z a–z 0–9 _ -')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(value: unknown, field: string, wanted: string): CaughtupError {
  const given = preview(value)
  return new CaughtupError('BAD_INPUT', `${field} must be ${wanted}, not ${given}.`, {
    field,
    value: given,
  })
}

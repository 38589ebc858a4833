/** An event of AG-UI as it came. */
export type RemoteEvent = Readonly<Record<string, unknown>>

/** The most of one event, in characters. */
const mostOfEvent = 16 * 1024 * 1024

/**
 * The events of an answer: server-sent events, of which only the data counts.
 *
 * @throws TypeError for what is no JSON object, and for an event above 16 Mi characters
 */
export async function* readRemote(body: AsyncIterable<Uint8Array>): AsyncGenerator<RemoteEvent> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const frames = text.split(/\r\n\r\n|\n\n/)
    text = frames.pop() ?? ''
    if (text.length > mostOfEvent) throw new TypeError('An event of the agent is too large.')
    for (const frame of frames) {
      const event = eventOf(frame)
      if (event) yield event
    }
  }
}

function eventOf(frame: string): RemoteEvent | undefined {
  const lines = frame.split(/\r\n|\n/).filter((line) => line.startsWith('data:'))
  if (lines.length === 0) return undefined
  const value: unknown = JSON.parse(lines.map((line) => line.slice('data:'.length)).join('\n'))
  if (isObject(value)) return value
  throw new TypeError('An event of the agent is not an object.')
}

export function isObject(value: unknown): value is RemoteEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

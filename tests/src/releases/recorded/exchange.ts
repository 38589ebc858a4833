/** A request that was made over HTTP, and its answer. */
export interface Exchange {
  request: Asked
  response: Answered
}

export interface Asked {
  method: string
  /** With the query. */
  path: string
  headers: Record<string, string>
  /** Absent without one. */
  body?: string
}

interface Answered {
  status: number
  headers: Record<string, string>
  /** Of an answer that is no stream. */
  body?: string
  /** Of a stream: each event or comment as it came, with the blank line behind it. */
  frames?: string[]
  /** How the stream was over: its connection was cut, the client left it, or the server ended it. */
  over?: 'cut' | 'left' | 'ended'
}

/** Headers that say something about the exchange, and not about the machines. */
const kept = new Set([
  'accept-ranges',
  'allow',
  'authorization',
  'cache-control',
  'caughtup-protocol',
  'content-disposition',
  'content-range',
  'content-security-policy',
  'content-type',
  'cross-origin-resource-policy',
  'last-event-id',
  'range',
  'x-accel-buffering',
  'x-content-type-options',
])

export function keptHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => kept.has(name)))
}

/** The data of the events of a stream, with their ids. */
export function eventsOf(frames: readonly string[]): { id?: string; data: unknown }[] {
  return frames.flatMap((frame) => {
    const lines = frame.split('\n')
    const field = (name: string) =>
      lines
        .find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim()
    const [id, data] = [field('id'), field('data')]
    if (data === undefined) return []
    return [{ ...(id !== undefined && { id }), data: JSON.parse(data) as unknown }]
  })
}

/** Hands over what has come of a stream, piece by piece: each piece ends with a blank line. */
export async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true })
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      yield rest.slice(0, end + 2)
      rest = rest.slice(end + 2)
    }
  }
}

import type { Example } from './document.ts'

/** What a client said to a procedure in an example, and what came back. */
export interface Exchange {
  /** The place of the example with the request. */
  place: string
  /** Such as `messages.send`. */
  procedure: string
  /** Absent if the request has none. */
  input?: unknown
  status: number
  /** Of a procedure that returns one value: that, or the error. */
  answer?: unknown
  /** Of a stream. */
  frames: unknown[]
}

interface SocketMessage {
  i: string
  t?: number
  p?: { u?: string; b?: { json?: unknown }; s?: number; e?: string; d?: { json?: unknown } }
}

/** The calls of all examples, in the order of their requests; without those for attachments. */
export function exchangesIn(examples: readonly Example[]): Exchange[] {
  const all: Exchange[] = []
  const open = new Map<string, Exchange>()
  const begin = (key: string, exchange: Pick<Exchange, 'place' | 'procedure' | 'input'>) => {
    const begun = { ...exchange, status: 200, frames: [] }
    open.set(key, begun)
    all.push(begun)
  }
  for (const example of examples) {
    if (example.transport === 'ws') readSocket(example, begin, open)
    else readHttp(example, begin, open)
  }
  return all.filter(({ procedure }) => !procedure.startsWith('attachments'))
}

type Begin = (key: string, exchange: Pick<Exchange, 'place' | 'procedure' | 'input'>) => void

function readSocket(
  { place, connection, groups }: Example,
  begin: Begin,
  open: ReadonlyMap<string, Exchange>,
): void {
  for (const { mark, lines } of groups) {
    for (const line of lines.filter((one) => mark !== '*' && one.startsWith('{'))) {
      const { i, p = {} }: SocketMessage = JSON.parse(line)
      const key = `${connection} ${i}`
      const exchange = open.get(key)
      if (mark === '>' && p.u !== undefined) {
        begin(key, { place, procedure: nameOf(p.u), ...inputOf(p.b) })
      } else if (mark === '<' && exchange) {
        if (p.s !== undefined) exchange.status = p.s
        if (p.e === 'message') exchange.frames.push(p.d?.json)
        else if (p.b) exchange.answer = p.b.json
      }
    }
  }
}

function readHttp(
  { place, connection, groups }: Example,
  begin: Begin,
  open: ReadonlyMap<string, Exchange>,
): void {
  for (const { mark, lines } of groups) {
    const [first = ''] = lines
    const last = lines.at(-1) ?? ''
    if (mark === '>') {
      const [, path] = /^\w+ \/rpc(\/[^ ?]+)/.exec(first) ?? []
      const isJson = last.startsWith('{')
      if (path === undefined) continue
      begin(connection, {
        place,
        procedure: nameOf(path),
        ...(isJson && inputOf(JSON.parse(last))),
      })
      continue
    }
    const exchange = open.get(connection)
    if (mark === '*' || !exchange) continue
    const [, status] = /^HTTP\/1.1 (\d+)/.exec(first) ?? []
    if (status !== undefined) exchange.status = Number(status)
    if (last.startsWith('{')) exchange.answer = (JSON.parse(last) as { json: unknown }).json
    for (const line of lines) {
      const [, data] = /^data: (\{"json".*)$/.exec(line) ?? []
      if (data !== undefined) exchange.frames.push((JSON.parse(data) as { json: unknown }).json)
    }
  }
}

function nameOf(path: string): string {
  return path.slice(1).replaceAll('/', '.')
}

function inputOf(body: { json?: unknown } | undefined): { input?: unknown } {
  return body && 'json' in body ? { input: body.json } : {}
}

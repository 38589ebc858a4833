import { type Connection, parseRequest, promised, silence, within } from './connection.ts'

/** Headers that an example shows unless it names others. */
const shownHeaders = ['content-type', 'cache-control', 'x-accel-buffering']

/** One request and its response, read as it arrives. */
export class HttpConnection implements Connection {
  readonly #url: string
  readonly #lost = new AbortController()
  #response: Promise<Response> | undefined
  #headRead = false
  #lines: LineReader | undefined

  constructor(url: string) {
    this.#url = url
  }

  async send(lines: readonly string[]): Promise<void> {
    const { method, target, headers, body } = parseRequest(lines)
    const { signal } = this.#lost
    this.#response = fetch(this.#url + target, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body }),
    })
    // If the example breaks the connection before it reads the response, that is not an error.
    this.#response.catch(() => undefined)
  }

  async receive(documented: readonly string[], all: boolean): Promise<string[]> {
    if (!this.#response) throw new Error('A response is documented before its request.')
    const response = await promised(this.#response, documented[0] ?? 'a response')
    const head = this.#headRead ? [] : headOf(response, documented)
    this.#headRead = true
    const isStream = response.headers.get('content-type') === 'text/event-stream'
    if (!isStream) return [...head, await response.text()]
    this.#lines ??= new LineReader(response.body)
    const rest = documented.slice(head.length)
    return [...head, ...(await this.#lines.read(all ? undefined : rest))]
  }

  async expectNothingMore(): Promise<void> {
    const extra = await this.#lines?.arrived()
    if (extra !== undefined) throw new Error(`The document lacks: ${extra}`)
  }

  lose(): void {
    this.#lost.abort()
    this.#lines = undefined
  }

  async expectOver(): Promise<void> {
    const extra = await promised(this.#lines?.next() ?? Promise.resolve(undefined), 'the end')
    if (extra !== undefined) throw new Error(`The response continues: ${extra}`)
  }
}

/** The status line and the headers that the document shows, up to the blank line. */
function headOf({ status, statusText, headers }: Response, documented: readonly string[]) {
  const end = documented.indexOf('')
  const named = documented.slice(1, Math.max(1, end)).map((line) => line.split(':')[0] ?? '')
  const shown = (named.length > 0 ? named : shownHeaders).filter((name) => headers.has(name))
  return [
    `HTTP/1.1 ${status} ${statusText}`,
    ...shown.map((name) => `${name}: ${headers.get(name)}`),
    '',
  ]
}

/** Reads the lines of an event stream. Skips keep-alive comments, except a first one. */
class LineReader {
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #decoder = new TextDecoder()
  #buffer = ''
  #first = true
  /** A line that was requested but not consumed yet. */
  #pending: Promise<string | undefined> | undefined

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#chunks = body?.getReader()
  }

  /** Reads the expected number of lines; without `expected`, all lines until the stream is silent. */
  async read(expected: readonly string[] | undefined): Promise<string[]> {
    const lines: string[] = []
    for (const wanted of expected ?? []) {
      const line = await promised(this.next(), wanted)
      if (line === undefined) return lines
      lines.push(line)
    }
    while (!expected) {
      this.#pending ??= this.#next()
      const waited = await within(this.#pending, silence)
      if (waited === 'silent') break
      this.#pending = undefined
      if (waited.value === undefined) break
      lines.push(waited.value)
    }
    return lines
  }

  /** The next line if it has arrived already, without consuming it. */
  async arrived(): Promise<string | undefined> {
    this.#pending ??= this.#next()
    const waited = await within(this.#pending, 0)
    return waited === 'silent' ? undefined : waited.value
  }

  /** The next line, without trailing blanks; `undefined` at the end of the stream. */
  next(): Promise<string | undefined> {
    const line = this.#pending ?? this.#next()
    this.#pending = undefined
    return line
  }

  async #next(): Promise<string | undefined> {
    const line = await this.#line()
    if (line?.startsWith(':') && !this.#first) {
      await this.#line()
      return this.#next()
    }
    this.#first = false
    return line
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf('\n')
      if (end >= 0) {
        const line = this.#buffer.slice(0, end)
        this.#buffer = this.#buffer.slice(end + 1)
        return line.trimEnd()
      }
      const chunk = await this.#chunks?.read()
      if (!chunk || chunk.done) return undefined
      this.#buffer += this.#decoder.decode(chunk.value, { stream: true })
    }
  }
}

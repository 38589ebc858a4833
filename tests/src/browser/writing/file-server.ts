import type { IncomingMessage, ServerResponse } from 'node:http'

/** One upload as the server sees it, until the test answers it. */
export interface ReceivedFile {
  bytes: number
  /** Answers with the file's address. */
  accept(url: string): void
  refuse(status: number): void
  /** Resolves when the page has given up. */
  aborted: Promise<void>
}

/** A small server of files, whose answers a test gives. */
export class FileServer {
  readonly #received: ReceivedFile[] = []
  readonly #awaited: ((file: ReceivedFile) => void)[] = []

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const aborted = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve()
      })
    })
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.once('end', () => {
      const file: ReceivedFile = {
        bytes,
        accept: (url) => void response.end(url),
        refuse: (status) => void response.writeHead(status).end(),
        aborted,
      }
      const awaited = this.#awaited.shift()
      if (awaited) awaited(file)
      else this.#received.push(file)
    })
  }

  /** The next file that comes, or the first one that no caller has got yet. */
  next(): Promise<ReceivedFile> {
    const file = this.#received.shift()
    if (file) return Promise.resolve(file)
    return new Promise((resolve) => this.#awaited.push(resolve))
  }
}

/** A connection of the examples, on which requests and answers go line by line. */
export interface Connection {
  send(lines: readonly string[]): Promise<void>
  /**
   * Resolves with as many lines as the document has; with `all`, with every line until the server
   * falls silent.
   */
  receive(documented: readonly string[], all: boolean): Promise<string[]>
  /** Rejects when something arrived that the document lacks. */
  expectNothingMore(): Promise<void>
  /** Breaks the connection as a failing network would. */
  lose(): void
  /** Rejects unless the server has ended its response. */
  expectOver(): Promise<void>
}

/** Silence after which the server counts as done, in ms; for updates only. */
export const silence = 200

/** Longest wait for a line of the document, in ms. */
const patience = 5_000

export type Waited<T> = { value: T } | 'silent'

export async function within<T>(promise: Promise<T>, ms: number): Promise<Waited<T>> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'silent'>((resolve) => {
    timer = setTimeout(() => resolve('silent'), ms)
  })
  try {
    return await Promise.race([promise.then((value) => ({ value })), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for a line of the document; rejects if it does not come in time. */
export async function promised<T>(promise: Promise<T>, what: string): Promise<T> {
  const waited = await within(promise, patience)
  if (waited === 'silent') throw new Error(`Nothing came for ${patience} ms, instead of ${what}`)
  return waited.value
}

/** The method, path, headers and body of a request as the document writes it. */
export function parseRequest(lines: readonly string[]) {
  const [start = '', ...rest] = lines
  const [method = '', target = ''] = start.split(' ')
  const blank = rest.indexOf('')
  const head = blank < 0 ? rest : rest.slice(0, blank)
  const headers = Object.fromEntries(head.map((line) => line.split(/: (.*)/).slice(0, 2)))
  const body = blank < 0 ? undefined : rest.slice(blank + 1).join('\n')
  return { method, target, headers: headers as Record<string, string>, body }
}

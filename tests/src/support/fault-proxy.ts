import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import type { Random } from '@caughtup/schema/testing'

/** What becomes of the bytes of a connection from now on. */
const fates = {
  /** They pass. */
  pass: 8,
  /** They come late, each chunk a little. */
  slow: 3,
  /** They are held for a while, and come all at once. */
  buffer: 2,
  /** The connection breaks, for both sides. */
  cut: 4,
  /** Nothing comes any more, and nobody is told. */
  silent: 1,
} as const

/** What becomes of a connection that is opened. */
const welcomes = { pass: 10, refuse: 2, page: 1 } as const

/** What a proxy answers whose server is away. */
const badGateway = '<html><body><h1>502 Bad Gateway</h1></body></html>'

/** A proxy on a port of its own that harms connections, as a seed says, until it is calm. */
export interface FaultProxy {
  readonly port: number
  /** How often each fault was done. */
  readonly faults: Readonly<Record<string, number>>
  /** Lets all pass from now on; connections that were silenced break. */
  calm(): void
  close(): Promise<void>
}

/** @param target - the port that a connection is passed on to, asked for each one */
export async function openFaultProxy(target: () => number, random: Random): Promise<FaultProxy> {
  const faults: Record<string, number> = {}
  const count = (name: string) => void (faults[name] = (faults[name] ?? 0) + 1)
  const open = new Map<Socket, { silent: boolean }>()
  let calm = false

  const server = createServer((client) => {
    client.on('error', () => client.destroy()) // A client that goes away is part of the game.
    const welcome = calm ? 'pass' : random.weighted(welcomes)
    if (welcome !== 'pass') count(welcome)
    if (welcome === 'refuse') return void client.resetAndDestroy()
    if (welcome === 'page') {
      client.once('data', () => {
        client.end(
          `HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: ${badGateway.length}\r\nconnection: close\r\n\r\n${badGateway}`,
        )
      })
      return
    }
    const state = { silent: false }
    const upstream = connect(target(), '127.0.0.1')
    open.set(client, state)
    const breakBoth = () => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
    }
    upstream.on('error', breakBoth).on('close', breakBoth)
    client.on('close', breakBoth)
    client.on('data', (chunk) => {
      if (!state.silent) upstream.write(chunk)
    })
    let held: Promise<unknown> = Promise.resolve()
    upstream.on('data', (chunk) => {
      const fate = calm || state.silent ? 'pass' : random.weighted(fates)
      if (fate !== 'pass') count(fate)
      if (fate === 'cut') return breakBoth()
      if (fate === 'silent') state.silent = true
      const wait = fate === 'slow' ? random.between(1, 10) : fate === 'buffer' ? 60 : 0
      // Chunks stay in order: each waits for the one before.
      held = held
        .then(() => (wait > 0 ? new Promise((resolve) => setTimeout(resolve, wait)) : undefined))
        .then(() => {
          if (!state.silent && !client.destroyed) client.write(chunk)
        })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    faults,
    calm() {
      calm = true
      for (const [client, { silent }] of open) if (silent) client.destroy()
    },
    close() {
      for (const client of open.keys()) client.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

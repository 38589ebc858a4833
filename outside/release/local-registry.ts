import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** What npm sends to publish a version; its answers to reads have the same form. */
interface Packument {
  name: string
  'dist-tags': Record<string, string>
  versions: Record<string, { dist: { integrity: string } }>
}

/** As much of a registry as `npm view` and `npm publish` use, in this process. */
export class LocalRegistry {
  /** What was published, as `name@version`, in order. */
  readonly published: string[] = []
  /** The name of a package whose uploads are refused. */
  refuses: string | undefined
  /** Whether it answers nothing but an error. */
  isBroken = false
  readonly #packages = new Map<string, Packument>()
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response)
  })

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Puts other contents in the place of what was published under a version. */
  harm(name: string, version: string): void {
    const found = this.#packages.get(name)?.versions[version]
    if (!found) throw new Error(`${name}@${version} is not published.`)
    found.dist.integrity = 'sha512-other'
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent(
      new URL(request.url ?? '/', 'http://registry').pathname.slice(1),
    )
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (this.isBroken) return send(500, { error: 'broken' })
    if (request.method !== 'PUT') {
      const found = this.#packages.get(name)
      return found ? send(200, found) : send(404, { error: 'not found' })
    }
    const sent = (await json(request)) as Packument
    if (name === this.refuses) return send(403, { error: 'refused for the test' })
    const before = this.#packages.get(name)
    this.#packages.set(name, { ...sent, versions: { ...before?.versions, ...sent.versions } })
    this.published.push(...Object.keys(sent.versions).map((version) => `${name}@${version}`))
    send(201, { ok: true })
  }
}

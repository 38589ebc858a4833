import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { repositoryRoot } from '../docs/doc-samples.ts'

const folder = path.join(repositoryRoot, 'apps/demo/server')

interface DemoProcessOptions {
  /** @default the one that several processes start for themselves */
  database?: string
  port?: number
  fillTurns?: number
  /** Whether a supervisor starts the server again when it was killed, as for users. */
  supervised?: boolean
  /** How many processes behind a balancer. @default one, without a balancer */
  processes?: number
}

/** The demo in a process of its own, so that a test can kill it. */
export class DemoProcess {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /**
   * Starts the demo and waits for the URL that it prints. `port` 0 takes a free one. An empty database
   * stays empty, unless `fillTurns` says how many prompts its long session gets.
   */
  static async start(options: DemoProcessOptions) {
    const { database = '', port = 0, fillTurns = 0, supervised = false, processes } = options
    const main = path.join(folder, supervised || processes ? 'main.ts' : 'serve.ts')
    const args = processes ? ['--processes', String(processes)] : []
    const child = spawn(process.execPath, [main, ...args], {
      cwd: repositoryRoot,
      env: {
        ...process.env,
        PORT: String(port),
        HOST: '127.0.0.1',
        CAUGHTUP_DB: database,
        DEMO_FILL_TURNS: String(fillTurns),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString()
        const [found] = /http:\/\/\S+/.exec(output) ?? []
        if (found !== undefined) resolve(found)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code) => reject(new Error(`The demo ended with ${code}: ${output}`)))
    })
    return new DemoProcess(child, new URL('/', url).href)
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Ends the process with a signal and waits for its exit. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill(signal)
    await gone
  }

  /** Resolves when the demo has filled its database. */
  async filled(): Promise<void> {
    for (;;) {
      const response = await fetch(new URL('/healthz', this.url))
      const health = (await response.json()) as { filling?: unknown }
      if (health.filling === 'done') return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** A temporary folder, and the function that removes it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-demo-'))
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

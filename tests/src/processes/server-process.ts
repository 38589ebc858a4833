import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

import type { ChatProcessOptions } from './chat-process-options.ts'

const program = fileURLToPath(new URL('chat-process.ts', import.meta.url))

/** A chat server in a process of its own, which ends with the test. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly url: string
  #isEnding = false
  /** The code or signal with which it ended though nobody asked it to. */
  crash: string | undefined

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
    child.once('exit', (code, signal) => {
      if (!this.#isEnding) this.crash = String(code ?? signal)
    })
  }

  /** Resolves when it serves. */
  static async start(options: ChatProcessOptions): Promise<ServerProcess> {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`The server ended with ${code ?? signal} before it served.`)
    })
    const [line]: unknown[] = await Promise.race([once(child.stdout, 'data'), ended])
    ended.catch(() => undefined) // Nobody waits for its start any more.
    return new ServerProcess(child, String(line).trim())
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Resolves when the process is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#isEnding = true
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}

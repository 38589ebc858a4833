import { type ChildProcess, spawn } from 'node:child_process'

import { type App, userEnvironment } from './make-app.ts'

/** A script of an app that serves it, with all processes that it starts. */
export class AppProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  private constructor(child: ChildProcess, ended: Promise<number | null>, url: string) {
    this.#child = child
    this.#ended = ended
    this.url = url
  }

  /** Resolves when it has printed its URL. */
  static async start(app: App, script: string, port = 0): Promise<AppProcess> {
    const child = spawn('npm', ['run', script], {
      cwd: app.folder,
      env: userEnvironment({ PORT: String(port) }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which can be sent signals as a whole.
      detached: true,
    })
    let output = ''
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => resolve(code))
    })
    const url = await new Promise<string>((resolve, reject) => {
      const look = (chunk: Buffer) => {
        output += chunk.toString()
        const [, found] = /http:\/\/(?:localhost|127\.0\.0\.1):([1-9]\d*)/.exec(output) ?? []
        if (found !== undefined) resolve(`http://localhost:${found}`)
      }
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
      child.once('error', reject)
      void ended.then((code) => reject(new Error(`It ended with ${code}, and printed: ${output}`)))
    })
    return new AppProcess(child, ended, url)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Sends a signal to all of its processes, as a terminal does; resolves with npm's exit code. */
  async end(signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM'): Promise<number | null> {
    const { pid } = this.#child
    if (pid !== undefined && this.isRunning) process.kill(-pid, signal)
    return await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}

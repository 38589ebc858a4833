import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const here = import.meta.dirname

/** The executable of a host. Deno's command is a script that does not forward signals. */
function binary(name: string): string {
  if (name === 'node') return process.execPath
  return path.join(here, 'node_modules', name === 'deno' ? 'deno/deno' : `.bin/${name}`)
}

/** A recipe in a process of its own, started as a reader would start it, with its own database. */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #data: string
  #output = ''

  private constructor(command: string, args: string[]) {
    this.#data = mkdtempSync(path.join(tmpdir(), 'caughtup-host-'))
    this.#child = spawn(command, args, {
      cwd: here,
      env: {
        ...process.env,
        PORT: '0',
        CHAT_DB: path.join(this.#data, 'chat.db'),
        CHAT_FILES: path.join(this.#data, 'files'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const note = (chunk: Buffer) => (this.#output += chunk.toString())
    this.#child.stdout?.on('data', note)
    this.#child.stderr?.on('data', note)
  }

  /** Resolves with the process and the URL that it listens on. */
  static async start(command: string, args: string[]): Promise<[HostProcess, string]> {
    const host = new HostProcess(binary(command), args)
    const port = await host.#printed(
      /Listening on .*port: (\d+)|http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/s,
    )
    return [host, `http://127.0.0.1:${port}`]
  }

  /** Sends SIGTERM; resolves with the exit code, or with the signal that ended the process. */
  async stop(): Promise<number | string | null> {
    const { exitCode } = this.#child
    if (exitCode !== null) return exitCode
    const ended = new Promise<number | string | null>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? signal))
    })
    this.#child.kill('SIGTERM')
    return ended
  }

  /** Kills the process if it still runs, and removes its files. */
  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
    rmSync(this.#data, { recursive: true, force: true })
  }

  get output(): string {
    return this.#output
  }

  #printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.#output)
        const port = match?.slice(1).find((group) => group !== undefined)
        if (port !== undefined) resolve(port)
      }
      this.#child.stdout?.on('data', look)
      this.#child.stderr?.on('data', look)
      this.#child.once('error', reject)
      this.#child.once('exit', (code) => {
        reject(new Error(`ended with ${code}, having printed: ${this.#output}`))
      })
    })
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

/**
 * A TypeScript program in its own process. It writes lines to standard output and reads lines from
 * standard input; its standard error becomes the error's text if it fails. It is killed after its
 * test.
 */
export class ChildProgram {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #closed: Promise<void>
  #complaint = ''

  /** @param program a URL of a TypeScript file */
  constructor(program: URL, args: readonly (string | number)[]) {
    const child = spawn(process.execPath, [fileURLToPath(program), ...args.map(String)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Halves the time to start.
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(tmpdir(), 'caughtup-compiled') },
    })
    this.#child = child
    // Emitted after its last line was read.
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    child.stderr.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString()))
    // Ignores errors of writing to a killed process, whose end is reported elsewhere.
    child.stdin.on('error', () => undefined)
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await this.#closed
    })
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Its next line; `undefined` once it has ended. */
  async hear(): Promise<string | undefined> {
    const line = await this.#lines.next()
    return line.done ? undefined : line.value
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves with its exit. @throws Error if it failed by itself */
  async end(): Promise<'killed' | 'over'> {
    await this.#closed
    const { exitCode, signalCode } = this.#child
    if (signalCode === 'SIGKILL') return 'killed'
    if (exitCode === 0) return 'over'
    throw new Error(`The program ended with ${signalCode ?? exitCode}: ${this.#complaint}`)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.end()
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

/**
 * A program in a process of its own, which Node runs as it is written. It says lines on its
 * standard output and is told lines on its standard input; what it says on the other one is the
 * text of the error when it ends by itself. It does not outlive its test.
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
      // Halves what starting costs.
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(tmpdir(), 'caughtup-compiled') },
    })
    this.#child = child
    // After the last of what it said has been read.
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    child.stderr.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString()))
    // Told to one that was killed meanwhile: its end is what counts.
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

  /** The next line that it says; `undefined` when it has ended. */
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

  /** How it ended, once it has. @throws Error when it ended by itself with an error */
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

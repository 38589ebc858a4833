import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { ProcessState } from '../../shared/served.ts'

const program = fileURLToPath(new URL('../serve.ts', import.meta.url))

/** Long enough for a page to notice that a process is gone, in ms. */
const restartAfter = 1_000
/** How often a process is asked whether it takes calls, in ms, and how long its answer may take. */
const checkEvery = 500
const patience = 2_000

export interface ServerProcessOptions {
  id: number
  args: readonly string[]
  env: NodeJS.ProcessEnv
}

/** A server in a process of its own, which is started again when it ends, on another port. */
export class ServerProcess {
  readonly id: number
  readonly #options: ServerProcessOptions
  readonly #ready = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #checks: NodeJS.Timeout
  #child: ChildProcess
  #port: number | undefined
  #state: ProcessState = 'starting'
  #hasServed = false
  #ending = false
  #restart: NodeJS.Timeout | undefined

  constructor(options: ServerProcessOptions) {
    this.id = options.id
    this.#options = options
    this.#child = this.#start()
    this.#checks = setInterval(() => void this.#check(), checkEvery)
  }

  get state(): ProcessState {
    return this.#state
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Undefined while it cannot be connected to. */
  get port(): number | undefined {
    return this.#port
  }

  /** Resolves when it serves for the first time; rejects with a `ProcessEnded` if it ends before. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Kills it without a farewell. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Ends it in order, and at once when it is called again. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#ending = true
    clearInterval(this.#checks)
    clearTimeout(this.#restart)
    if (this.#state === 'gone') return
    this.#child.kill('SIGTERM')
    await this.#gone.promise
  }

  #start(): ChildProcess {
    const { args, env } = this.#options
    const child = fork(program, args, {
      env: { ...env, HOST: '127.0.0.1', PORT: '0' },
      // What it says of its own address would mislead.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // In a group of its own, so that an interrupt of the terminal reaches the supervisor alone.
      detached: true,
    })
    this.#state = 'starting'
    child.on('message', (port) => {
      this.#port = Number(port)
      this.#state = 'serving'
      this.#hasServed = true
      this.#ready.resolve()
    })
    child.on('exit', (code, signal) => this.#ended(code, signal))
    return child
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#port = undefined
    this.#state = 'gone'
    if (this.#ending) return this.#gone.resolve()
    if (!this.#hasServed) return this.#ready.reject(new ProcessEnded(code ?? 1))
    console.log(`Process ${this.id} ended (${signal ?? code}). It starts again.`)
    this.#restart = setTimeout(() => (this.#child = this.#start()), restartAfter)
  }

  async #check(): Promise<void> {
    const port = this.#port
    if (port === undefined) return
    const state = await healthOf(port)
    if (state && this.#port === port) this.#state = state
  }
}

/** A server ended before it served, and has said why. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('A server process ended before it served.')
    this.exitCode = exitCode
  }
}

/** As any load balancer asks. Undefined if the process is ending. */
async function healthOf(port: number): Promise<ProcessState | undefined> {
  try {
    const url = `http://127.0.0.1:${port}/rpc/health`
    const { status } = await fetch(url, { signal: AbortSignal.timeout(patience) })
    return status === 200 ? 'serving' : 'draining'
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'silent' : undefined
  }
}

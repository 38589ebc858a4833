import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import type { ClientCalls } from '../client/client-process.ts'
import { Calls, type Procedures } from '../processes/calls.ts'
import type { SideCalls } from '../processes/side-process.ts'
import type { Side } from '../sides/sides.ts'

const client = fileURLToPath(new URL('../client/client-process.ts', import.meta.url))

/** How long a process whose bench is over may go on before it is killed, in ms. */
const patience = 1_000

/** A process of a bench. It ends with the bench, or when it is disposed of. */
export class BenchProcess<Offered extends Procedures> implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #calls: Calls<Offered>

  constructor(module: string, args: readonly string[] = []) {
    this.#process = fork(module, args, {
      execArgv: ['--expose-gc'],
      // The bench's own output is the figures.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#calls = new Calls(this.#process)
  }

  call: Calls<Offered>['call'] = (name, input) => this.#calls.call(name, input)

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    const late = setTimeout(() => this.#process.kill('SIGKILL'), patience)
    await exited
    clearTimeout(late)
  }
}

export type SideProcess = BenchProcess<SideCalls>
export type ClientProcess = BenchProcess<ClientCalls>

export function startClients(): ClientProcess {
  return new BenchProcess(client)
}

/** Starts a side's server on an empty folder. */
export async function startSide({ module, args = [] }: Side, folder: string): Promise<SideProcess> {
  const own = await mkdtemp(path.join(folder, 'side-'))
  const side: SideProcess = new BenchProcess(module, [own, ...args])
  await side.call('start', null)
  return side
}

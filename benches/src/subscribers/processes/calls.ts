import type { ChildProcess } from 'node:child_process'

// Calls from a bench to a process that it started, over the channel that `fork` opens. Both ends take their
// types from the same procedures; what travels is `never`, which fits each of them.

interface Call {
  id: number
  name: string
  input: never
}

type Answer = { id: number; output: never } | { id: number; error: string }

type Procedure = (input: never) => unknown

/** What a process answers to, by name; each procedure takes one value and may return a promise. */
export type Procedures = Record<string, Procedure>

type Input<Of extends Procedure> = Parameters<Of>[0]
type Output<Of extends Procedure> = Awaited<ReturnType<Of>>

/** Answers the parent's calls, and ends this process once the parent is gone. */
export function answerCalls(procedures: Procedures): void {
  process.on('disconnect', () => process.exit())
  process.on('message', ({ id, name, input }: Call) => {
    Promise.resolve()
      .then(() => procedures[name]?.(input))
      .then((output) => process.send?.({ id, output }))
      .catch((error: unknown) => process.send?.({ id, error: describe(error) }))
  })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The parent's end. A call fails when the process ends before it answers. */
export class Calls<Offered extends Procedures> {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  constructor(child: ChildProcess) {
    this.#process = child
    child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiting?.reject(new Error(answer.error))
      else waiting?.resolve(answer.output)
    })
    child.on('exit', (code, signal) => {
      const ended = new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal}`)
      for (const { reject } of this.#waiting.values()) reject(ended)
      this.#waiting.clear()
    })
  }

  call<Name extends string & keyof Offered>(
    name: Name,
    input: Input<Offered[Name]>,
  ): Promise<Output<Offered[Name]>> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ id, name, input }, (error) => {
        if (error) reject(error)
      })
    })
  }
}

interface Waiting {
  resolve: (output: never) => void
  reject: (error: Error) => void
}

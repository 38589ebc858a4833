import type { Message } from '@caughtup/schema'

/** Whether an id can be given to a new message: removed ones stay used. */
export type IdStatus = 'free' | 'exists' | 'gone'

/** What a decision looks up in a session's rows, beneath the messages that its state has. */
export interface Lookups {
  /** The messages of these ids that are neither removed nor hidden, in the order asked for. */
  messages(messageIds: readonly string[]): readonly (Message | undefined)[]
  /** Of each id: hidden messages exist, removed ones are gone. */
  idStatus(messageIds: readonly string[]): readonly IdStatus[]
  /** How many messages have an order above this one. */
  countAfter(order: number): number
  /** The order of the newest message of role `user` within these orders, both included. */
  lastPrompt(from: number, upTo: number): number | undefined
  /** The messages of the newest undo, oldest first; empty when there is none. */
  hidden(): readonly Message[]
  /** Whether an undo lies below the newest one. */
  hiddenBelow(): boolean
  /** Whether usage of this child is in the ledger. */
  countedChild(child: string): boolean
}

/** The same where rows are read over a network. */
export type AsyncLookups = {
  [Name in keyof Lookups]: (
    ...args: Parameters<Lookups[Name]>
  ) => Promise<ReturnType<Lookups[Name]>>
}

/** A call of {@link Lookups} that waits for its answer. */
export interface Lookup {
  name: keyof Lookups
  args: readonly unknown[]
}

/** A computation that yields lookups and is resumed with their answers. */
export type LookingUp<Result> = Generator<Lookup, Result, unknown>

export function* lookUp<Name extends keyof Lookups>(
  name: Name,
  ...args: Parameters<Lookups[Name]>
): LookingUp<ReturnType<Lookups[Name]>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both drivers answer with the method of that name
  return (yield { name, args }) as ReturnType<Lookups[Name]>
}

/** Runs a computation on rows that answer at once. */
export function runSync<Result>(computation: LookingUp<Result>, rows: Lookups): Result {
  let step = computation.next()
  while (!step.done) {
    const { name, args } = step.value
    const answer: unknown = Reflect.apply(rows[name], rows, args)
    step = computation.next(answer)
  }
  return step.value
}

/** Runs a computation on rows that answer later. */
export async function runAsync<Result>(
  computation: LookingUp<Result>,
  rows: AsyncLookups,
): Promise<Result> {
  let step = computation.next()
  while (!step.done) {
    const { name, args } = step.value
    const answer: unknown = await Reflect.apply(rows[name], rows, args)
    step = computation.next(answer)
  }
  return step.value
}

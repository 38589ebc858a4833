import type { Message } from '@caughtup/schema'

/** Whether an id can be given to a new message: removed ones stay used. */
export type IdStatus = 'free' | 'exists' | 'gone'

/** What one change of history hid: messages that were shown after a place, all together. */
export interface Stretch {
  /** Seq of the event that hid it. */
  readonly id: number
  /** The order of the message before it, its anchor. */
  readonly after: number
  /** The stretch that its anchor is in; 0 for a shown one. */
  readonly within: number
  /** Orders of its first and last message, how many it has, and whether one is a prompt. */
  readonly first: number
  readonly last: number
  readonly count: number
  readonly hasPrompt: boolean
}

/** Where a message is. */
export interface MessagePlace {
  readonly order: number
  readonly epoch: number
  /** The stretch that hides it; 0 for a shown one. */
  readonly stretch: number
}

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
  /** Where messages are, hidden ones too, in the order asked for; `undefined` for those without a row. */
  places(messageIds: readonly string[]): readonly (MessagePlace | undefined)[]
  /** The order of the message before an order, in a stretch or (0) of the shown ones. */
  before(order: number, stretch: number): number | undefined
  /** The message after an order, in a stretch or (0) of the shown ones. */
  following(order: number, stretch: number): Message | undefined
  /** The stretches that are hidden in an epoch. */
  stretches(epoch: number): readonly Stretch[]
  /** The messages of a stretch, oldest first; `undefined` if they have more bytes of JSON. */
  stretch(id: number, bytes: number): readonly Message[] | undefined
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

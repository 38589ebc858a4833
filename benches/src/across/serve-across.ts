import { pace } from '../benches/streaming/pace.ts'
import { answerCalls } from '../subscribers/processes/calls.ts'
import { makeToken, sharedNow, tokenLength, writtenAt } from '../subscribers/processes/token.ts'

/** One of the processes between which streams of tokens go. */
export interface Across {
  /** Begins streams, and returns the names by which other processes follow them. */
  open(count: number): Promise<string[]>
  append(stream: number, token: string): void
  /** Gives what comes from now on; resolves once nothing will be missed. */
  follow(name: string, read: (text: string) => void): Promise<void>
  /** How long the newest commit took, in ms. */
  commitDuration?(): number
}

/** When the tokens of a stream were written and read, on the shared clock in µs, in the order of their reading. */
export interface Times {
  written: number[]
  read: number[]
  /** How long the newest commit had taken then, in ms; of a side that commits. */
  commits: number[]
}

interface Paced {
  streams: number
  /** Tokens of each stream. */
  perSecond: number
  seconds: number
}

export type AcrossCalls = ReturnType<typeof procedures>

/** How long the last tokens may take, in ms. */
const patience = 20_000

/** Serves a side to the bench that started this process. */
export function serveAcross(start: () => Promise<Across>): void {
  answerCalls(procedures(start()))
}

function procedures(starting: Promise<Across>) {
  const followed: Times[] = []
  return {
    start: async (_: null) => void (await starting),
    open: async (count: number) => (await starting).open(count),
    async follow(names: readonly string[]) {
      const side = await starting
      for (const name of names) {
        const times: Times = { written: [], read: [], commits: [] }
        followed.push(times)
        await side.follow(name, (text) => note(times, text, side.commitDuration?.()))
      }
    },
    async write({ streams, perSecond, seconds }: Paced) {
      const side = await starting
      await pace(streams * perSecond * seconds, 1_000 / perSecond / streams, (turn) =>
        side.append(turn % streams, makeToken()),
      )
    },
    /** Takes the times, once each followed stream has so many tokens. */
    async times(tokens: number): Promise<Times[]> {
      const until = performance.now() + patience
      while (followed.some(({ read }) => read.length < tokens)) {
        if (performance.now() > until) throw new Error('Not all tokens came.')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      return followed.map((times) => ({
        written: times.written.splice(0),
        read: times.read.splice(0),
        commits: times.commits.splice(0),
      }))
    },
    /** User and system time of this process, in ms. */
    cpu(_: null): number {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000
    },
  }
}

function note(times: Times, text: string, commit: number | undefined): void {
  const now = sharedNow()
  const bytes = Buffer.from(text, 'latin1')
  for (let at = bytes.indexOf('~'); at >= 0; at = bytes.indexOf('~', at + tokenLength)) {
    times.written.push(writtenAt(bytes, at))
    times.read.push(now)
    if (commit !== undefined) times.commits.push(commit)
  }
}

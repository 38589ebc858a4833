import type { AgentPart } from '@caughtup/schema'

import { messageText } from '../../shared/message-text.ts'
import { mostPerSecond, type Pace, paced } from '../text/paced.ts'
import type { Command } from './command.ts'
import type { DemoContext } from './demo-agent.ts'
import { sayText } from '../text/speak.ts'

/** A text of 590 kB: long for an answer, and far below the limit of a message (16 MiB). */
const mostNumbers = 100_000

/** How often it looks for prompts that are offered to it, in ms. */
const listensEvery = 250

/** Counts to N, one number per part: in `1 2 3 … N` a gap or a repetition is easy to see. */
export const count: Command = {
  name: 'count',
  usage: '/count N [per second]',
  description: `counts to N (up to ${mostNumbers.toLocaleString('en')}), at up to ${mostPerSecond.toLocaleString('en')} numbers a second, and stops if you steer it`,
  run([last = '', perSecond, ...rest], { pace, steer }) {
    const mistake =
      mistakeIn('N', last, mostNumbers) ??
      (perSecond === undefined ? undefined : mistakeIn('The rate', perSecond, mostPerSecond)) ??
      (rest.length > 0 ? `Unexpected: “${rest.join(' ').slice(0, 40)}”.` : undefined)
    if (mistake !== undefined) {
      return sayText(`${mistake} Try \`/count 3000 200\`.`, 'mistake', pace)
    }
    const rate = perSecond === undefined ? pace.perSecond : Number(perSecond)
    return countTo(Number(last), { ...pace, perSecond: rate }, steer)
  },
}

function mistakeIn(name: string, value: string, most: number): string | undefined {
  if (/^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= most) return undefined
  const limit = most.toLocaleString('en')
  return value === ''
    ? `${name} is missing. It must be a whole number from 1 to ${limit}.`
    : `${name} must be a whole number from 1 to ${limit}, not “${value.slice(0, 40)}”.`
}

async function* countTo(
  last: number,
  pace: Pace,
  steer: DemoContext['steer'],
): AsyncGenerator<AgentPart, void, undefined> {
  const { clock } = pace
  let listenedAt = clock.monotonic()
  for await (const number of paced(numbersTo(last), pace)) {
    yield { type: 'text-delta', id: 'count', text: number === 1 ? '1' : ` ${number}` }
    if (clock.monotonic() - listenedAt < listensEvery || number === last) continue
    listenedAt = clock.monotonic()
    const said = (await steer()).map(messageText).join(' ')
    if (said === '') continue
    yield { type: 'text-delta', id: 'count', text: `\n\nYou say “${said}”, so I stop here.` }
    break
  }
  yield { type: 'text-end', id: 'count' }
}

function* numbersTo(last: number): Generator<number, void, undefined> {
  for (let number = 1; number <= last; number++) yield number
}

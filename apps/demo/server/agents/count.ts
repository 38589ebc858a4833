import type { AgentPart } from '@caughtup/schema'

import { type Pace, paced } from '../text/paced.ts'
import type { Command } from './command.ts'
import { sayText } from './speak.ts'

const mostNumbers = 100_000
const mostPerSecond = 10_000

/** Counts, one number per part: the text is `1 2 3 … N`, so what is missing or doubled shows. */
export const count: Command = {
  name: 'count',
  usage: '/count N [per second]',
  what: `counts to N (up to ${mostNumbers.toLocaleString('en')}), at up to ${mostPerSecond.toLocaleString('en')} numbers a second`,
  run([last = '', perSecond, ...rest], { pace }) {
    const complaint =
      complaintAbout('N', last, mostNumbers) ??
      (perSecond === undefined
        ? undefined
        : complaintAbout('The rate', perSecond, mostPerSecond)) ??
      (rest.length > 0 ? `“${rest.join(' ')}” is one argument too many.` : undefined)
    if (complaint !== undefined) {
      return sayText(`${complaint} Try \`/count 3000 200\`.`, 'complaint', pace)
    }
    const rate = perSecond === undefined ? pace.perSecond : Number(perSecond)
    return countTo(Number(last), { ...pace, perSecond: rate })
  },
}

function complaintAbout(name: string, value: string, most: number): string | undefined {
  if (/^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= most) return undefined
  const limit = most.toLocaleString('en')
  return value === ''
    ? `${name} is missing: a whole number from 1 to ${limit}.`
    : `${name} is a whole number from 1 to ${limit}, and “${value.slice(0, 40)}” is not.`
}

async function* countTo(last: number, pace: Pace): AsyncGenerator<AgentPart, void, undefined> {
  for await (const number of paced(numbersTo(last), pace)) {
    yield { type: 'text-delta', id: 'count', text: number === 1 ? '1' : ` ${number}` }
  }
  yield { type: 'text-end', id: 'count' }
}

function* numbersTo(last: number): Generator<number, void, undefined> {
  for (let number = 1; number <= last; number++) yield number
}

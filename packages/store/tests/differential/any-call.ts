import fc from 'fast-check'

import {
  type Call,
  changeNames,
  cursorChanges,
  draftNames,
  type FilterSpec,
  guardNames,
  pageSides,
  principals,
  type SliceSpec,
  type Step,
} from './call.ts'

/** Words in several scripts, and characters that databases treat specially. */
const texts = [
  'Hello ',
  'hello',
  'two words',
  'ёлка',
  'елка',
  'Straße',
  'STRASSE',
  '東京タワー2024の夜景',
  'タワー',
  '2024',
  'x\0y',
  '"\\\n',
  '🎉',
  '\uD83C',
  '\uDF89',
  '',
  ' ',
  "it's 100%_*",
  'x'.repeat(300),
  'İstanbul',
  'ﬁne',
] as const

const session = fc.nat({ max: 4 })
const pick = fc.nat({ max: 12 })
const text = fc.constantFrom(...texts)
const title = fc.constantFrom(...texts.filter((each) => each.isWellFormed()))
const principal = fc.constantFrom(...principals)
const metadata = fc.dictionary(fc.constantFrom('a', 'ä', ''), text, { noNullPrototype: true })
/** Seqs, orders and positions, including the limits of numbers. */
const place = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER) },
)
const limit = fc.oneof(
  fc.integer({ min: 1, max: 6 }),
  fc.constantFrom(1, 200, Number.MAX_SAFE_INTEGER),
)
const bytes = fc.oneof(fc.constantFrom(-1, 0, 1, Number.MAX_SAFE_INTEGER), fc.nat({ max: 2_000 }))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })

const filter: fc.Arbitrary<FilterSpec> = fc.record(
  {
    types: fc.uniqueArray(fc.nat({ max: 17 }), { maxLength: 4 }),
    epoch: fc.nat({ max: 3 }),
    after: place,
    before: place,
    since: fc.nat({ max: 30 }),
    until: fc.nat({ max: 30 }),
  },
  { requiredKeys: [] },
)

const draft = fc.record({ draft: fc.constantFrom(...draftNames), pick, text })
const change = fc.record({ draft: fc.constantFrom(...changeNames), pick, text })

/** A history change must be the first draft of its slice, and is most often the only one. */
const slice: fc.Arbitrary<SliceSpec> = fc.record({
  session: fc.nat({ max: 3 }),
  guard: fc.option(fc.constantFrom(...guardNames), { nil: undefined, freq: 2 }),
  drafts: fc.oneof(
    { weight: 5, arbitrary: fc.array(draft, { maxLength: 4 }) },
    { weight: 2, arbitrary: fc.tuple(change) },
    { weight: 1, arbitrary: fc.tuple(change, draft) },
  ),
})

const is = fc.constantFrom
const calls: readonly (readonly [number, fc.Arbitrary<Call>])[] = [
  [
    30,
    fc.record({
      call: is('commit' as const),
      slices: fc.array(slice, { minLength: 1, maxLength: 3 }),
    }),
  ],
  [
    4,
    fc.record({
      call: is('create' as const),
      session,
      members: fc.array(principal, { minLength: 1, maxLength: 3 }),
      title,
      metadata: maybe(metadata),
    }),
  ],
  [3, fc.record({ call: is('events' as const), session, after: place, bytes })],
  [2, fc.record({ call: is('window' as const), session, messages: limit, bytes })],
  [
    4,
    fc.record({
      call: is('page' as const),
      session,
      side: is(...pageSides),
      order: fc.oneof(place, pick),
      messages: limit,
      bytes,
    }),
  ],
  [
    4,
    fc.record({
      call: is(
        'message' as const,
        'versions' as const,
        'head' as const,
        'session' as const,
        'members' as const,
        'continueErase' as const,
      ),
      session,
      pick,
    }),
  ],
  [1, fc.record({ call: is('delete' as const), session, pick })],
  [
    4,
    fc.record({
      call: is('checkCursor' as const),
      session,
      pick: fc.nat({ max: 99 }),
      change: is(...cursorChanges),
    }),
  ],
  [
    3,
    fc.record({ call: is('list' as const), session, filter, newest: fc.boolean(), limit, bytes }),
  ],
  [2, fc.record({ call: is('summary' as const), session, filter })],
  [4, fc.record({ call: is('search' as const), session: maybe(session), principal, text, limit })],
  [3, fc.record({ call: is('prompts' as const), principal, limit, bytes })],
  [2, fc.record({ call: is('lookup' as const, 'ledgers' as const), session })],
  [2, fc.record({ call: is('sessionFor' as const, 'activityRow' as const), session, principal })],
  [
    2,
    fc.record({
      call: is('sessions' as const, 'activityPage' as const, 'activityRows' as const),
      principal,
      limit,
    }),
  ],
  [
    3,
    fc.record({
      call: is('update' as const),
      session,
      title: maybe(title),
      metadata: maybe(metadata),
      ifTitle: maybe(title),
    }),
  ],
  [3, fc.record({ call: is('addMember' as const), session, principal, most: is(1, 2, 3, 100) })],
  [2, fc.record({ call: is('removeMember' as const), session, principal })],
  [1, fc.record({ call: is('forgetRemovals' as const), principal })],
  [3, fc.record({ call: is('fork' as const), session, into: session, pick, whole: fc.boolean() })],
  [1, fc.record({ call: is('continueFork' as const), session })],
  [3, fc.record({ call: is('activity' as const), principal, since: place, limit })],
  [
    4,
    fc.record({ call: is('markRead' as const), session, principal, upTo: fc.oneof(place, pick) }),
  ],
  [
    6,
    fc.record({
      call: is(
        'heartbeat' as const,
        'activeRuns' as const,
        'maintain' as const,
        'everything' as const,
      ),
    }),
  ],
  [3, fc.record({ call: is('owed' as const, 'idleSessions' as const), limit })],
  [
    3,
    fc.record({
      call: is('takeOwed' as const, 'settleOwed' as const, 'postponeOwed' as const),
      pick,
    }),
  ],
  [
    2,
    fc.record({
      call: is('retain' as const),
      age: is(1, 5, 20, 1e9),
      events: is(0, 1, 3, 10, 1e6),
    }),
  ],
  [2, fc.record({ call: is('trim' as const), session, upTo: fc.oneof(place, pick) })],
  [2, fc.record({ call: is('reopen' as const), closed: fc.boolean() })],
]

export const step: fc.Arbitrary<Step> = fc.record({
  opening: fc.constantFrom(0 as const, 1 as const),
  call: fc.oneof(...calls.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
})

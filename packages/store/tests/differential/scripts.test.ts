import { systemClock } from '@caughtup/schema/clock'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'

import { long } from '../support/long.ts'
import type { Storage } from '../../src/port/storage.ts'
import { prompt } from '../../src/conformance/support/drafts.ts'
import { write } from '../../src/conformance/support/writes.ts'
import { allEngines, type AnyEngine, engines, testEngine } from '../support/test-engines.ts'

const samples = [
  'Schöne Grüße aus Ångström, naïve café, Dvořák, Nguyễn, smørrebrød, ﬁne ½ x²',
  'İstanbul ISPARTA ılık ığdır',
  'STRASSE Straße straẞe ſenſe',
  'Ёлка ёжик мой МОИ їжак ґанок Ўсё Ѓорѓи а́збука',
  'ΟΔΥΣΣΕΎΣ ο Οδυσσεύς τῆς ᾳ Ἀθῆναι ς',
  'السَّلَامُ عَلَيْكُم أحمد إلى ٢٠٢٤ الســلام ﷺ',
  'שָׁלוֹם עוֹלָם ״צה״ל״',
  'हिन्दी में किताब क़लम ज़िंदगी',
  'ภาษาไทยง่ายมาก กำลังทำ ๒๕๖๗',
  '한국어를 Python으로 2024년에 각 ㄱㅏㄱ',
  '東京タワー2024の夜景 ﾀﾞﾜｰ ガラス か\u3099くせい 々〇',
  '漢語ＡＢＣ也可以１２３ 汉语 﨑 𠮷野家',
  'ພາສາລາວ ភាសាខ្មែរ မြန်မာစာ',
  'Done 🎉 at last 👩‍👩‍👧 1️⃣ ❤️ \uD83C \uDF89',
  'co\u00ADopera\u200Dtion میخواهم می\u200Cخواهم a\u200Bb',
  'x\0y "quoted" NEAR(a b) -c *d ^e {f} g:h _i_ it’s 1,000.5',
  '\uE000\uE001 ǅ ŉ Ⅷ ㌀ ℻ ＡＢＣ Ꭰꭰ ᲀ Აა',
  'x'.repeat(600),
] as const

/** Other Unicode forms of the same text. */
const forms = [
  (text: string) => text,
  (text: string) => text.normalize('NFD'),
  (text: string) => text.normalize('NFKC'),
  (text: string) => text.toUpperCase(),
  (text: string) => text.toLowerCase(),
  (text: string) => text.toLocaleLowerCase('tr'),
]

async function open(engine: AnyEngine, texts: readonly string[]): Promise<Storage> {
  const storage = await testEngine(engine).open({ clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['me'] })
  await write(
    storage,
    's',
    texts.map((text, index) => prompt(`m${index}`, text)),
  )
  return storage
}

async function searchAll(
  on: readonly AnyEngine[],
  texts: readonly string[],
): Promise<(text: string) => Promise<string[]>> {
  const storages = await Promise.all(on.map((engine) => open(engine, texts)))
  return async (text) => {
    const query = { text, in: { principal: 'me' }, limit: 99 }
    const [expected, ...others] = await Promise.all(
      storages.map((storage) => storage.search(query)),
    )
    for (const found of others) expect([text, found]).toEqual([text, expected])
    return (expected ?? []).map(({ messageId }) => messageId)
  }
}

test('all engines find the same in texts of many scripts, in any Unicode form', async () => {
  const search = await searchAll(allEngines, samples)
  for (const [index, sample] of samples.entries()) {
    for (const term of sample.split(' ')) {
      const found = await search(term)
      for (const form of forms) await search(form(term))
      const hasWord = /[\p{L}\p{N}\p{Co}]/u.test(term.normalize('NFKC'))
      expect([term, found.includes(`m${index}`)]).toEqual([term, hasWord])
      for (const part of [term.slice(1), term.slice(0, -1), `${term} ${sample.slice(0, 3)}`]) {
        await search(part)
      }
    }
  }
})

const piece = fc.oneof(
  fc
    .constantFrom(...samples)
    .chain((sample) =>
      fc
        .tuple(fc.nat({ max: sample.length }), fc.integer({ min: 1, max: 8 }))
        .map(([start, length]) => sample.slice(start, start + length)),
    ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
)
const form = fc.constantFrom(...forms)

test('all engines find the same for any text in any text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
        { minLength: 1, maxLength: 6 },
      ),
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 6 }), form), {
        maxLength: 12,
      }),
      async (texts, picks) => {
        const search = await searchAll(long ? allEngines : engines, texts)
        for (const [which, from, length, typed] of picks) {
          const text = texts[which % texts.length] ?? ''
          const start = from % text.length
          await search(typed(text.slice(start, start + length)))
        }
      },
    ),
    { numRuns: long ? 3_000 : 25 },
  )
}, 600_000)

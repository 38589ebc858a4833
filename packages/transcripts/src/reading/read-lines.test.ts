import fc from 'fast-check'
import { expect, test } from 'vitest'

import { type Line, readLines } from './read-lines.ts'

/** The text in chunks of these sizes, again and again. */
async function* chunked(text: string, sizes: readonly number[]) {
  const bytes = Buffer.from(text)
  for (let start = 0, n = 0; start < bytes.length; n += 1) {
    const size = sizes[n % sizes.length]!
    yield bytes.subarray(start, (start += size))
  }
}

async function linesOf(
  text: string,
  { sizes = [1000], limit }: { sizes?: number[]; limit?: number } = {},
) {
  const lines: (Omit<Line, 'bytes'> & { text: string | undefined })[] = []
  for await (const { bytes, ...line } of readLines(chunked(text, sizes), limit)) {
    lines.push({ ...line, text: bytes && Buffer.from(bytes).toString() })
  }
  return lines
}

test('gives the lines of a text however it is chunked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '🙂', '') })),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (lines, sizes) => {
        const text = lines.map((line) => `${line}\n`).join('')
        const found = await linesOf(text, { sizes })
        expect(found.map((line) => line.text)).toEqual(lines)
        expect(found.map((line) => line.number)).toEqual(lines.map((_, index) => index + 1))
      },
    ),
  )
})

test('says that the last line is unterminated', async () => {
  expect(await linesOf('a\nb')).toEqual([
    { number: 1, ended: true, text: 'a' },
    { number: 2, ended: false, text: 'b' },
  ])
})

test('gives a line at the limit whole and nothing of a longer one', async () => {
  const lines = await linesOf(`1234\n12345\n\n${'x'.repeat(99)}\n4321`, { sizes: [3], limit: 4 })
  expect(lines.map(({ text }) => text)).toEqual(['1234', undefined, '', undefined, '4321'])
})

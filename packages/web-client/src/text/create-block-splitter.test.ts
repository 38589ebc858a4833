import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createBlockSplitter } from './create-block-splitter.ts'

/** The blocks of a text that is complete, the last one among them. */
function blocksOf(text: string): string[] {
  const { finished, open } = createBlockSplitter()(text)
  return [...finished, open]
}

test.each([
  ['nothing', '', ['']],
  ['one paragraph', 'one\nline', ['one\nline']],
  ['paragraphs', 'one\n\ntwo\n\n\nthree', ['one\n\n', 'two\n\n\n', 'three']],
  ['blank lines at the beginning', '\n\none\n\ntwo', ['\n\none\n\n', 'two']],
  ['blank lines at the end, which may go on', 'one\n\n', ['one\n\n']],
  ['lines that end with CRLF', 'one\r\n\r\ntwo', ['one\r\n\r\n', 'two']],
  ['code with blank lines', '```js\na\n\nb\n```\n\nend', ['```js\na\n\nb\n```\n\n', 'end']],
  ['code within other code', '````\n```\n\nb\n````\n\nend', ['````\n```\n\nb\n````\n\n', 'end']],
  ['code that is not closed', '~~~\n```\n\nb\n\nc', ['~~~\n```\n\nb\n\nc']],
  ['code in a line', '```a``` b\n\nc', ['```a``` b\n\n', 'c']],
  ['a loose list', '1. a\n\n   more\n\n2. b\n\nend', ['1. a\n\n   more\n\n2. b\n\n', 'end']],
  ['what is indented', 'one\n\n    code\n\ntwo', ['one\n\n    code\n\n', 'two']],
  ['a rule after a paragraph', 'one\n\n---\n\ntwo', ['one\n\n', '---\n\n', 'two']],
])('%s', (_, text, blocks) => {
  expect(blocksOf(text)).toEqual(blocks)
})

const line = fc.constantFrom(
  '',
  '',
  ' ',
  'text',
  '# head',
  '- item',
  '2. item',
  '    code',
  '```',
  '````ts',
  '~~~',
  '1',
  '\r',
)
const texts = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'))

// fast-check prints the seed of a text that fails.
describe('a text that grows', () => {
  test('has at each length the blocks that it has when it is split at once, and all of it', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat({ max: 9 }), { minLength: 1 }), (text, steps) => {
        const split = createBlockSplitter()
        for (
          let length = 0, step = 0;
          length <= text.length;
          length += 1 + (steps[step++ % steps.length] ?? 0)
        ) {
          const grown = text.slice(0, length)
          const { finished, open } = split(grown)
          expect([...finished, open]).toEqual(blocksOf(grown))
          expect([...finished, open].join('')).toBe(grown)
        }
      }),
    )
  })

  test('never changes a finished block', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const split = createBlockSplitter()
        let before: readonly string[] = []
        for (let length = 0; length <= text.length; length++) {
          const { finished } = split(text.slice(0, length))
          expect(finished.slice(0, before.length)).toEqual(before)
          const isSame = finished === before
          expect(isSame || finished.length > before.length || length === 0).toBe(true)
          before = finished
        }
      }),
    )
  })

  test('is split anew after an edit', () => {
    const split = createBlockSplitter()
    split('one\n\ntwo\n\nthree')
    expect(split('ONE\n\ntwo\n\nthree, four')).toEqual({
      finished: ['ONE\n\n', 'two\n\n'],
      open: 'three, four',
    })
    expect(split('ONE')).toEqual({ finished: [], open: 'ONE' })
  })

  test('leaves no other text in memory than its blocks', () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const held = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = held()
    // A block of each moment, as a page with memoised blocks holds them.
    const split = createBlockSplitter()
    const blocks: string[] = []
    let text = ''
    for (let block = 0; block < 1_000; block++) {
      text += `${'word '.repeat(40)}${block}\n\n`
      // The text is flat at each moment, because a page reads it.
      text.charCodeAt(text.length - 1)
      blocks.push(...split(text).finished.slice(-1))
    }
    const grown = held() - before
    expect(blocks.join('').length).toBeGreaterThan(200_000)
    // The text, its blocks and little more; slices would hold a text for each block, 100 MB.
    expect(grown).toBeLessThan(5_000_000)
  })
})

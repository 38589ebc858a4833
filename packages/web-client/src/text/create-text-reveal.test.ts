import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createTextReveal, type TextReveal } from './create-text-reveal.ts'

const duration = 250
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Every place of a text at which no grapheme is cut. */
function borders(text: string): Set<number> {
  return new Set([...segmenter.segment(text)].map(({ index }) => index).concat(text.length))
}

describe('a reveal', () => {
  test('shows what is there at once, and a burst evenly over the duration', () => {
    const reveal = createTextReveal({ text: 'Hello ' })
    expect(reveal.at(0)).toBe('Hello ')
    reveal.update(`Hello ${'x'.repeat(100)}`, 1_000)
    const lengths = [1_000, 1_001, 1_050, 1_125, 1_249, 1_250].map(
      (now) => reveal.at(now).length - 6,
    )
    expect(lengths).toEqual([0, 1, 20, 50, 100, 100])
    expect(reveal.settlesAt).toBe(1_250)
  })

  test('flows at the pace of a steady stream, whatever the size of its pieces', () => {
    const reveal = createTextReveal()
    let text = ''
    const lengths: number[] = []
    for (let now = 0; now <= 2_000; now++) {
      if (now % 100 === 0) reveal.update((text += 'x'.repeat(50)), now)
      if (now >= 1_000 && now % 50 === 0) lengths.push(reveal.at(now).length)
    }
    const steps = lengths.slice(1).map((length, index) => length - lengths[index]!)
    // 500 characters per second.
    for (const step of steps) expect(Math.abs(step - 25)).toBeLessThanOrEqual(5)
  })

  test('shows an edit, a truncation and what is instant at once', () => {
    const reveal = createTextReveal({ text: 'The first' })
    reveal.update('The first answer', 0)
    reveal.update('The other answer', 10)
    expect(reveal.at(10)).toBe('The other answer')
    reveal.update('The', 20)
    expect(reveal.at(20)).toBe('The')
    reveal.update('The third', 30, { instant: true })
    expect([reveal.at(30), reveal.settlesAt]).toEqual(['The third', 30])
    const without = createTextReveal({ duration: 0 })
    without.update('All of it', 0)
    expect(without.at(0)).toBe('All of it')
  })

  test('shows an edit of what it already shows at once, also if the end is the same', () => {
    const end = 'x'.repeat(100)
    const reveal = createTextReveal({ text: `teh ${end}` })
    reveal.update(`the ${end}`, 0)
    expect(reveal.at(0)).toBe(`the ${end}`)
  })

  test('holds back half a character while the text is open', () => {
    const reveal = createTextReveal({ text: 'Hi \ud83d' })
    expect(reveal.at(0)).toBe('Hi ')
    reveal.update('Hi \ud83d\ude00', 0)
    expect(reveal.at(duration)).toBe('Hi 😀')
    reveal.update('Hi 😀\ud83d', duration)
    expect(reveal.at(2 * duration)).toBe('Hi 😀')
    reveal.update('Hi 😀\ud83d', 2 * duration, { done: true })
    expect(reveal.at(2 * duration)).toBe('Hi 😀\ud83d')
  })

  test('keeps showing a grapheme that grows', () => {
    const reveal = createTextReveal({ text: 'A 👩' })
    reveal.update('A 👩\u200d👧 B', 0)
    expect(reveal.at(0)).toBe('A 👩')
    expect(reveal.at(duration)).toBe('A 👩\u200d👧 B')
  })

  test('costs the same in a long text', () => {
    const flags = '🇩🇪'.repeat(50)
    const reveal = createTextReveal({ text: `${'x'.repeat(500_000)} ` })
    reveal.update(`${'x'.repeat(500_000)} ${flags}`, 0)
    for (let now = 0; now < duration; now++) {
      expect((reveal.at(now).length - 500_001) % '🇩🇪'.length).toBe(0)
    }
  })
})

/** Pieces that graphemes are made of, whole and in halves, and bursts. */
const piece = fc.oneof(
  fc.constantFrom(
    'a',
    ' ',
    '\n',
    'é',
    'e\u0301',
    '👩',
    '\u200d',
    '👧',
    '👩‍👩‍👧‍👦',
    '🇩🇪',
    '🇫',
    '\ud83c',
    '\uddf7',
  ),
  fc.constantFrom('क्षि', 'न', 'ि', '्', 'त', 'กำ', '각', 'ᄀ', '\ufe0f', '👍🏽', '漢字', '\r', '\r\n'),
  fc.lorem({ maxCount: 12 }),
  fc.constantFrom('🇩🇪'.repeat(40), '漢'.repeat(120), 'लं'.repeat(60), 'words '.repeat(500)),
)
/** Pieces with the ms before each. */
const history = fc.array(
  fc.record({ wait: fc.nat({ max: 400 }), pieces: fc.array(piece, { maxLength: 4 }) }),
  {
    minLength: 1,
    maxLength: 12,
  },
)
const rates = fc.constantFrom(30, 60, 120)
/** Which frames are drawn, again and again: the others are dropped. */
const drops = fc.array(fc.boolean(), { minLength: 7, maxLength: 23 })
const drawn = (isDrawn: readonly boolean[], frame: number) =>
  isDrawn[frame % isDrawn.length] === true
/** More than the longest grapheme of `piece`, in code units; marks may gather. */
const longest = 40

interface Step {
  wait: number
  pieces: string[]
}

interface Played {
  reveal: TextReveal
  /** What was drawn, with the text as it was then. */
  frames: { now: number; text: string; drawn: string }[]
  /** The texts as they came. */
  texts: { at: number; text: string }[]
  text: string
  end: number
}

/** Plays a history, drawing at some frames of a rate. */
function play(steps: readonly Step[], rate: number, isDrawn: (frame: number) => boolean): Played {
  const reveal = createTextReveal({ duration })
  const frames: Played['frames'] = []
  const texts: Played['texts'] = []
  let [now, text, frame] = [0, '', 0]
  const drawUpTo = (end: number) => {
    for (; (frame * 1_000) / rate < end; frame++) {
      const at = (frame * 1_000) / rate
      if (isDrawn(frame)) frames.push({ now: at, text, drawn: reveal.at(at) })
    }
  }
  for (const { wait, pieces } of steps) {
    now += wait
    drawUpTo(now)
    text += pieces.join('')
    texts.push({ at: now, text })
    reveal.update(text, now)
  }
  reveal.update(text, now, { done: true })
  const end = now + duration
  drawUpTo(end)
  return { reveal, frames, texts, text, end }
}

// fast-check prints the seed of a history that fails.
describe('after any history, at any refresh rate, with dropped frames', { timeout: 60_000 }, () => {
  const options = { numRuns: 150 }

  test('only grows, at borders of graphemes, and ends with the text', () => {
    const run = (steps: Step[], rate: number, isDrawn: boolean[]) => {
      const { reveal, frames, texts, text, end } = play(steps, rate, (frame) =>
        drawn(isDrawn, frame),
      )
      expect(reveal.at(end)).toBe(text)
      // A grapheme that was shown may have grown since, so borders of former texts count.
      const known = new Set<number>()
      let shown = ''
      for (const frame of frames) {
        const seen = frame.text
        while (texts[0] && texts[0].at <= frame.now) {
          for (const border of borders(texts.shift()!.text)) known.add(border)
        }
        const isBorder =
          known.has(frame.drawn.length) || frame.drawn === seen.replace(/[\ud800-\udbff]$/, '')
        const ends = [frame.drawn.startsWith(shown), seen.startsWith(frame.drawn), isBorder]
        expect(ends).toEqual([true, true, true])
        shown = frame.drawn
      }
    }
    fc.assert(fc.property(history, rates, drops, run), options)
  })

  test('shows everything that came the duration before', () => {
    const run = (steps: Step[], rate: number) => {
      const { frames, texts } = play(steps, rate, () => true)
      for (const frame of frames) {
        const old = texts.findLast(({ at }) => frame.now - at >= duration)?.text ?? ''
        // Its last grapheme may go on in what came later.
        const whole = old.length === frame.text.length ? old : old.slice(0, -longest)
        const least = whole.replace(/[\ud800-\udbff]$/, '').length
        expect(frame.drawn.length).toBeGreaterThanOrEqual(least)
      }
    }
    fc.assert(fc.property(history, rates, run), options)
  })

  test('shows at each time what drawing every millisecond would', () => {
    const run = (steps: Step[], rate: number, isDrawn: boolean[]) => {
      const seldom = play(steps, rate, (frame) => drawn(isDrawn, frame))
      const often = play(steps, 1_000, () => true)
      const lengths = new Map(often.frames.map((frame) => [frame.now, frame.drawn.length]))
      for (const frame of seldom.frames) {
        const length = lengths.get(frame.now)
        expect(frame.drawn.length).toBe(length ?? frame.drawn.length)
      }
    }
    fc.assert(fc.property(history, rates, drops, run), { numRuns: 50 })
  })
})

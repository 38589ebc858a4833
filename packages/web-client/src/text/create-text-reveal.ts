import { graphemeBorder } from './grapheme-border.ts'

export interface TextRevealOptions {
  /** What is there already, and is shown at once. @default '' */
  text?: string
  /** Over how long each piece appears, in ms. @default 250 */
  duration?: number
}

export interface TextUpdate {
  /** Whether the text is complete: while it is not, half a character at its end is held back. @default false */
  done?: boolean
  /** Shows all of it at once, as for `prefers-reduced-motion`. @default false */
  instant?: boolean
}

/** Shows a text that grows in bursts as if it flowed. Times are in ms, of any clock, and never step back. */
export interface TextReveal {
  /** Takes the text as it is now. What is not appended to the one before is an edit, and shown at once. */
  update(text: string, now: number, update?: TextUpdate): void
  /** What is to be shown at a time from the last update on: the beginning of the text, up to a grapheme. */
  at(now: number): string
  /** From this time on all of it is shown. */
  readonly settlesAt: number
}

/** Code units before the end of the text that are compared to tell whether it goes on. */
const seam = 64

/**
 * Reveals each piece of a text evenly over `duration` after it came; pieces overlap. So a burst is shown
 * completely after that time, a steady stream flows at its own pace half of it late, and neither the
 * refresh rate nor a dropped frame makes a difference: what is shown depends on the time alone.
 */
export function createTextReveal({
  text = '',
  duration = 250,
}: TextRevealOptions = {}): TextReveal {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  let isDone = false
  /** How much of the text came more than `duration` before the last update. */
  let settled = text.length
  /** What came since, the oldest first. */
  let arrivals: { at: number; length: number }[] = []
  /** How much was shown at the last update. A grapheme that grew since then stays. */
  let shown = 0
  let settlesAt = -Infinity

  const lengthAt = (now: number) => {
    let due = 0
    for (const { at, length } of arrivals) {
      due += length * Math.min(1, Math.max(0, (now - at) / duration))
    }
    const end = !isDone && isHighSurrogate(text, text.length - 1) ? text.length - 1 : text.length
    const length = Math.min(end, settled + Math.ceil(due))
    return Math.max(shown, graphemeBorder(segmenter, text, length))
  }

  return {
    update(next, now, { done = false, instant = false } = {}) {
      const length = next.length - text.length
      if (instant || duration <= 0 || length < 0 || !goesOn(text, next)) {
        arrivals = []
        settled = next.length
        shown = 0
        settlesAt = now
      } else {
        shown = lengthAt(now)
        const recent = arrivals.findIndex(({ at }) => now - at < duration)
        const old = arrivals.splice(0, recent < 0 ? arrivals.length : recent)
        for (const arrival of old) settled += arrival.length
        if (length > 0) {
          arrivals.push({ at: now, length })
          settlesAt = now + duration
        }
      }
      text = next
      isDone = done
    },
    at: (now) => text.slice(0, lengthAt(now)),
    get settlesAt() {
      return settlesAt
    },
  }
}

/** Only the end is compared: what is shown is the beginning of the new text in any case. */
function goesOn(text: string, next: string): boolean {
  const start = Math.max(0, text.length - seam)
  return next.slice(start, text.length) === text.slice(start)
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0xd800 && code < 0xdc00
}

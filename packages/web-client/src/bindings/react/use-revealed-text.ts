import { useEffect, useState } from 'react'

import { beginsWith } from '../../text/begins-with.ts'
import { createTextReveal, type TextReveal } from '../../text/create-text-reveal.ts'

export interface RevealedTextOptions {
  /** Whether the text is complete. @default false */
  done?: boolean
  /** Over how long each piece appears, in ms; the first value counts. @default 250 */
  duration?: number
}

/**
 * A text that grows in bursts as if it flowed, whatever the refresh rate: each piece appears evenly within
 * 250 ms, character by character. What is there at the first drawing is shown at once, and so are edits, and
 * all of it for readers who prefer reduced motion. Draws its component in each frame until all is shown.
 */
export function useRevealedText(
  text: string,
  { done = false, duration }: RevealedTextOptions = {},
): string {
  const [reveal] = useState(() => {
    const started = createTextReveal({ text, ...(duration !== undefined && { duration }) })
    started.update(text, 0, { done })
    return started
  })
  const [shown, setShown] = useState(() => reveal.at(0))
  const [frames] = useState(() => whileRevealing(reveal, setShown))
  useEffect(() => {
    reveal.update(text, performance.now(), { done, instant: prefersReducedMotion() })
    frames.start()
  }, [frames, reveal, text, done])
  useEffect(() => frames.stop, [frames])
  // After an edit, the shown text may no longer be the beginning of the whole text.
  return beginsWith(text, shown) ? shown : text
}

/**
 * Draws until all is shown. Apart from the effect that takes the text: a text that changes in every frame
 * would cancel each frame before it came.
 */
function whileRevealing(reveal: TextReveal, show: (text: string) => void) {
  let frame: number | undefined
  const draw = () => {
    frame = undefined
    const now = performance.now()
    show(reveal.at(now))
    if (now < reveal.settlesAt) start()
  }
  const start = () => {
    frame ??= requestAnimationFrame(draw)
  }
  const stop = () => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
  }
  return { start, stop }
}

function prefersReducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}

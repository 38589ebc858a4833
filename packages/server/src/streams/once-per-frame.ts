import type { SentFrame } from './frames.ts'

/** Remembers the result for as long as the frame exists: a hub passes the same frame to many streams. */
export function oncePerFrame<T>(
  encode: (sent: SentFrame<object>) => T,
): (sent: SentFrame<object>) => T {
  const known = new WeakMap<SentFrame<object>, T>()
  return (sent) => {
    let encoded = known.get(sent)
    if (encoded === undefined) known.set(sent, (encoded = encode(sent)))
    return encoded
  }
}

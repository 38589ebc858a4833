import type { SentFrame } from './sent-frame.ts'

/** The value of a key: made at the first call, and kept for as long as the key exists. */
export function once<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  let value = known.get(key)
  if (value === undefined) known.set(key, (value = make()))
  return value
}

/** Encodes each frame once: a hub passes the same frame to many streams. */
export function oncePerFrame<T>(
  encode: (sent: SentFrame<object>) => T,
): (sent: SentFrame<object>) => T {
  const known = new WeakMap<SentFrame<object>, T>()
  return (sent) => once(known, sent, () => encode(sent))
}

import type { ChatFrame, OnChatInput } from '@caughtup/schema'
import type { Link, OpenLink } from '@caughtup/web-client'

type Frames = AsyncIterator<ChatFrame, unknown, void>

/** Passes each stream of a session through `stream`, and all else unchanged. */
function streaming(
  link: Link,
  stream: (input: OnChatInput, open: (input: OnChatInput) => Promise<Frames>) => Promise<Frames>,
): Link {
  return (host) => {
    const opened = link(host)
    const call: OpenLink['call'] = async (path, input, options) => {
      if (path.join('.') !== 'onChat') return opened.call(path, input, options)
      return stream(input as OnChatInput, async (asked) => {
        return (await opened.call(path, asked, options)) as Frames
      })
    }
    return { call, close: () => opened.close?.() }
  }
}

function iterator(next: () => Promise<IteratorResult<ChatFrame, unknown>>): Frames {
  return Object.assign({ next }, { [Symbol.asyncIterator]: () => ({ next }) })
}

/** A link that notes the frames of its streams, as they came. */
export function recording(link: Link, frames: ChatFrame[]): Link {
  return streaming(link, async (input, open) => {
    const stream = await open(input)
    return iterator(async () => {
      const result = await stream.next()
      if (!result.done) frames.push(result.value)
      return result
    })
  })
}

export interface Cut {
  /** The frames of the first stream, which breaks after them. */
  received: readonly ChatFrame[]
  /** What the streams after that ask for; `since` is what the client asks for by itself. */
  mode: OnChatInput['mode']['type']
  /** After how many frames each of the next streams breaks, and how long all are whole after these. */
  breaks?: readonly number[]
}

/** A link over which one client's streams break. */
export function cut(link: Link, { received, mode, breaks = [] }: Cut): Link {
  let opened = 0
  const broken = () => new TypeError('The network is gone.')
  return streaming(link, async (input, open) => {
    const stream = opened++
    if (stream === 0) {
      const frames = received.values()
      return iterator(async () => {
        const { value } = frames.next()
        if (!value) throw broken()
        return { done: false, value }
      })
    }
    const source = await open(mode === 'since' ? input : { ...input, mode: { type: mode } })
    let left = breaks[stream - 1] ?? Number.POSITIVE_INFINITY
    return iterator(async () => {
      if (left-- <= 0) {
        await source.return?.()
        throw broken()
      }
      return source.next()
    })
  })
}

/** A link that loses every n-th frame of events. `lost` counts them. */
export function losing(link: Link, n: number, lost: { frames: number }): Link {
  let came = 0
  return streaming(link, async (input, open) => {
    const stream = await open(input)
    return iterator(async () => {
      for (;;) {
        const result = await stream.next()
        const hasEvents =
          !result.done && (result.value.type === 'events' || result.value.type === 'text')
        if (!hasEvents || ++came % n > 0) return result
        lost.frames++
      }
    })
  })
}

/** A link whose streams replay in this mode, whatever its client asks for. */
export function inMode(link: Link, type: 'live' | 'full'): Link {
  return streaming(link, (input, open) => open({ ...input, mode: { type } }))
}

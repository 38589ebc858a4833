/** The generator's timer, in ms: several answers share a tick, as their tokens would share a packet. */
const tick = 5

/**
 * Takes `total` turns, evenly spread, one per `interval` ms. Late turns are taken together at the
 * next tick and none is skipped, so the amount of work does not depend on the time it takes.
 */
export function pace(
  total: number,
  interval: number,
  turn: (index: number) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    let next = 0
    const timer = setInterval(() => {
      const due = Math.min(total, Math.ceil((performance.now() - startedAt) / interval))
      while (next < due) turn(next++)
      if (next < total) return
      clearInterval(timer)
      resolve()
    }, tick)
  })
}

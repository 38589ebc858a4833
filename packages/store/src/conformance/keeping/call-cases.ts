import assert from 'node:assert/strict'

import type { Cases } from '../support/bed.ts'

const name = 'sends'
const minute = 60_000

export const callCases: Cases = {
  async 'are counted over all processes, by principal and name'(bed) {
    const [one, two] = [await bed.open(), await bed.open()]
    const ann = { principal: 'ann', name, most: 3, within: minute }
    for (const storage of [one, two, one]) assert.equal(await storage.calls.count(ann), 0)
    for (const storage of [one, two]) {
      const wait = await storage.calls.count(ann)
      assert(wait > 0 && wait <= minute, `It is ${wait} ms.`)
    }
    assert.equal(await two.calls.count({ ...ann, name: 'changes' }), 0)
    assert.equal(await two.calls.count({ ...ann, principal: 'bob' }), 0)
  },

  async 'that come at once through several processes are allowed as often as one by one'(bed) {
    const processes = [await bed.open(), await bed.open(), await bed.open()]
    const call = { principal: 'ann', name, most: 10, within: minute }
    const waits = await Promise.all(
      Array.from({ length: 12 }, () => processes.map(({ calls }) => calls.count(call))).flat(),
    )
    assert.equal(waits.filter((wait) => wait === 0).length, 10)
  },

  async 'are allowed again when the stretch of time is over'(bed) {
    const [one, two] = [await bed.open(), await bed.open()]
    const call = { principal: 'ann', name, most: 2, within: 300 }
    // The second may already be of the next stretch, if the machine was busy.
    while ((await one.calls.count(call)) === 0);
    const startedAt = performance.now()
    const wait = await two.calls.count(call)
    assert(wait <= 300)
    while ((await two.calls.count(call)) > 0) await new Promise((done) => setTimeout(done, 5))
    assert(performance.now() - startedAt >= wait - 20)
  },

  async 'are forgotten with their principal, and only then'(bed) {
    const storage = await bed.open()
    const call = { principal: 'ann', name, most: 1, within: minute }
    await storage.calls.count(call)
    await storage.calls.count({ ...call, principal: 'bob' })
    await storage.calls.forget('ann')
    assert.equal(await storage.calls.count(call), 0)
    assert((await storage.calls.count({ ...call, principal: 'bob' })) > 0)
  },
}

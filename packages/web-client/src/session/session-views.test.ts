import { expect, test, vi } from 'vitest'

import { setUp } from '../../tests/support/harness.ts'

test('looking up a session takes the same time with any number of views', () => {
  const { client } = setUp({})
  const looks = vi.spyOn(WeakRef.prototype, 'deref')
  const held = Array.from({ length: 1_000 }, (_, index) => client.session(`s${index}`))
  for (const [index, view] of held.entries()) expect(client.session(`s${index}`)).toBe(view)
  expect(looks.mock.calls.length).toBeLessThan(3_000)
})

test('views that are sending do not make lookups slower', () => {
  const { client } = setUp({ send: () => new Promise(() => {}) }, { idleViews: 5 })
  const sending = Array.from({ length: 500 }, (_, index) => {
    const view = client.session(`sending${index}`)
    void Promise.allSettled([view.send('Hi')])
    return view
  })
  const [first] = sending
  const asked = vi.spyOn(Object.getPrototypeOf(first), 'isSending', 'get')
  for (let index = 0; index < 500; index++) client.session(`s${index}`)
  expect(asked.mock.calls.length).toBeLessThan(1_500)
  expect(sending.every((view) => view.getSnapshot().pending.length === 1)).toBe(true)
})

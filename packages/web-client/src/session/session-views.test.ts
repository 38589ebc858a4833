import { expect, test, vi } from 'vitest'

import { setUp } from '../../tests/support/harness.ts'

test('looking up a session takes the same time with any number of views', () => {
  const { client } = setUp({})
  const looks = vi.spyOn(WeakRef.prototype, 'deref')
  const held = Array.from({ length: 1_000 }, (_, index) => client.session(`s${index}`))
  for (const [index, view] of held.entries()) expect(client.session(`s${index}`)).toBe(view)
  expect(looks.mock.calls.length).toBeLessThan(3_000)
})

test('a view that forgets its state still shows what it is sending', () => {
  const { client } = setUp({ send: () => new Promise(() => {}) }, { idleViews: 1 })
  const view = client.session('sending')
  void Promise.allSettled([view.send('Hi')])
  client.session('another')
  expect(view.getSnapshot().pending).toMatchObject([{ state: 'queued' }])
})

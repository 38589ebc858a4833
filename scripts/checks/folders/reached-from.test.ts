import { expect, test } from 'vitest'

import { reachedFrom } from './reached-from.ts'

test('reaches what is imported over other files, in a circle too, and nothing else', () => {
  const imports = [
    { from: 'a.ts', to: 'b.ts', relative: true, line: 1 },
    { from: 'b.ts', to: 'c.ts', relative: true, line: 1 },
    { from: 'c.ts', to: 'a.ts', relative: true, line: 1 },
    { from: 'c.ts', to: 'zod', relative: false, line: 2 },
    { from: 'd.ts', to: 'a.ts', relative: true, line: 1 },
  ]
  expect([...reachedFrom(['a.ts'], imports)]).toEqual(['a.ts', 'b.ts', 'c.ts'])
})

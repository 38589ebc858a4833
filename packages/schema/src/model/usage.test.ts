import { expect, test } from 'vitest'

import { addModels, addUsage, otherModels } from './usage.ts'

test('fields that neither usage has stay absent', () => {
  expect(addUsage({ inputTokens: 1 }, { inputTokens: 2, outputTokens: 3 })).toEqual({
    inputTokens: 3,
    outputTokens: 3,
  })
})

test('each model has its own sum, also one named __proto__', () => {
  const first = addModels({}, { fast: { inputTokens: 1 }, ['__proto__']: { inputTokens: 2 } })
  const second = addModels(first, { ['__proto__']: { inputTokens: 3 } })
  expect(Object.entries(second)).toEqual([
    ['fast', { inputTokens: 1 }],
    ['__proto__', { inputTokens: 5 }],
  ])
})

test('models beyond the hundredth are counted together', () => {
  let models = {}
  for (let index = 0; index < 120; index++) {
    models = addModels(models, { [`model-${index}`]: { outputTokens: 1 } })
  }
  expect(Object.keys(models)).toHaveLength(101)
  expect(models).toMatchObject({ [otherModels]: { outputTokens: 20 } })
})

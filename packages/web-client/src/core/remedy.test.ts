import { errorStatus, isErrorCode } from '@caughtup/schema/error'
import { expect, test } from 'vitest'

import { isPermanentError } from './errors.ts'
import { remedyOf } from './remedy.ts'

test('every error has a remedy, and the same call can succeed exactly if that is to try again', () => {
  const codes = ['NETWORK', 'INTERNAL', ...Object.keys(errorStatus).filter(isErrorCode)] as const
  expect(codes).toHaveLength(10)
  for (const code of codes) {
    expect(remedyOf({ code }) === 'try-again').toBe(!isPermanentError({ code }))
  }
})

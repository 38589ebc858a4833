import * as z from 'zod'

import { contextUsage, ledgerMembers } from '../model/usage.ts'
import { procedure, sessionInput } from './base.ts'

export const usage = {
  get: procedure
    .input(sessionInput)
    .output(z.object({ ...ledgerMembers, contextUsage: contextUsage.exactOptional() })),
}

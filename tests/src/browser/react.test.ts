import { version } from 'react'

import { describeHooks } from './react/describe-hooks.ts'

describeHooks(version.split('.')[0] ?? '')

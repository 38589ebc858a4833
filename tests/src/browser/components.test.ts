import { version } from 'react'

import { describeComponents } from './components/describe-components.ts'

describeComponents(version.split('.')[0] ?? '')

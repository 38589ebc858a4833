import { version } from 'react'

import { describeMessageList } from './messages/describe-message-list.ts'

describeMessageList(version.split('.')[0] ?? '')

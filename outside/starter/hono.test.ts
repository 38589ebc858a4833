import { describeApp } from './describe-app.ts'

describeApp('hono')

import { activity } from './activity.ts'
import { events } from './events.ts'
import { history } from './history.ts'
import { messages } from './messages.ts'
import { runs } from './runs.ts'
import { server } from './server.ts'
import { sessions } from './sessions.ts'
import { onChat } from './stream.ts'
import { usage } from './usage.ts'

/** The procedures with their inputs, outputs and errors, defined once for both sides. */
export const contract = {
  onChat,
  sessions,
  messages,
  runs,
  history,
  events,
  activity,
  usage,
  server,
}
export type Contract = typeof contract

// The process of the soak's subscribers, for `fork`.
import { answerCalls } from '../subscribers/processes/calls.ts'
import type { Subscription } from '../subscribers/processes/subscription.ts'
import { Audience, type Reading } from './audience.ts'
import type { Spoken } from './soak-server.ts'

const audience = new Audience()

const procedures = {
  add: ({ session, subscription, readings }: Added) =>
    audience.add(session, subscription, readings),
  stall: (stretch: number) => audience.stall(stretch),
  finish: ({ spoken, within }: { spoken: Spoken[]; within: number }) =>
    audience.finish(spoken, within),
}

interface Added {
  session: number
  subscription: Subscription
  readings: Reading[]
}

export type AudienceCalls = typeof procedures

answerCalls(procedures)

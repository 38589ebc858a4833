import { asChatError } from '@caughtup/web-client'

import { lastOrder } from '../stage/stage.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { verdictOf } from '../evidence/verdict.ts'
import { compareAnswers } from './compare.ts'

export const approval: TourStep = {
  id: 'approval',
  title: 'A tool that waits for you',
  text: 'The agent asks before it reads a file. The run waits, also over a restart of the server, until any of your devices answers. The second answer is refused.',
  action: 'Ask, and approve on another device',
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/approve')
    const { waiting, run } = await stage.until(({ waiting: calls }) => calls.length > 0)
    const [call] = waiting
    if (!call || !run) throw new Error('The run waits for nothing.')
    const other = stage.otherDevice()
    await stage.until(({ waiting: calls }) => calls.length > 0, other.session)
    await other.session.respond(call.toolCallId, { approved: true })
    const second = await stage.client.rpc.runs
      .respond({
        sessionId: stage.session.sessionId,
        runId: run.id,
        toolCallId: call.toolCallId,
        approved: false,
      })
      .then(
        () => 'accepted',
        (error: unknown) => asChatError(error).code,
      )
    const held = await stage.idle()
    const answers = held.messages.filter(({ order }) => order > after + 1)
    return verdictOf(await compareAnswers(stage, held, after), {
      also: ['approved on the other device', `the second answer got ${second}`],
      failures: [
        ...(second === 'CONFLICT' ? [] : ['a second answer counts']),
        ...(answers.length === 1 ? [] : [`the answer is in ${answers.length} messages`]),
      ],
    })
  },
}

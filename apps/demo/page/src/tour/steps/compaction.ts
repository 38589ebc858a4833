import { wholeNumber } from '../../format/number.ts'
import { tallyOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { verdictOf } from '../evidence/verdict.ts'
import { labelled } from '../evidence/labelled.ts'

export const compaction: TourStep = {
  id: 'compaction',
  title: 'A compaction',
  text: 'The conversation is summed up for the agent. What was said stays readable as older pages, and this page holds exactly what a device that comes later is given.',
  action: 'Compact the conversation',
  async run(stage) {
    await stage.idle()
    await stage.session.send('What is a cursor?')
    const before = await stage.idle()
    const count = before.messages.length
    await stage.session.history.compact()
    const held = await stage.until(({ epoch, run }) => epoch > before.epoch && !run)
    const other = stage.otherDevice()
    const fresh = await stage.idle(other.session)
    const { messages } = await stage.journal()
    const mine = tallyOf(labelled(messages, 0), labelled(held.messages.filter(isOf(held.epoch)), 0))
    const theirs = tallyOf(labelled(messages, 0), labelled(fresh.messages, 0))
    const failures = [
      ...(theirs.missing + theirs.twice > 0 ? ['a new device holds something else'] : []),
      ...(fresh.hasOlder ? [] : ['the messages before cannot be read']),
    ]
    const [full, now] = [before.contextUsage?.tokens, held.contextUsage?.tokens]
    const context =
      full !== undefined && now !== undefined
        ? [`the context went from ${wholeNumber(full)} to ${wholeNumber(now)} tokens`]
        : []
    return verdictOf(mine, {
      unit: 'tokens of the summary',
      also: [...context, `${count} messages are readable as older pages`],
      failures,
    })
  },
}

function isOf(epoch: number) {
  return (message: { epoch: number }) => message.epoch === epoch
}

import { lastOrder } from '../stage/stage.ts'
import { tallyOf } from '../evidence/tally.ts'
import type { TourStep } from '../stage/tour-step.ts'
import { verdictOf } from '../evidence/verdict.ts'
import { labelled } from '../evidence/labelled.ts'

export const devices: TourStep = {
  id: 'devices',
  title: 'Two devices',
  text: 'A second client, with a connection of its own, joins while an answer streams, and sends a prompt that waits for its turn. Both show the same, in the same order.',
  action: 'Join from a second device',
  async run(stage) {
    const after = lastOrder(await stage.idle())
    await stage.session.send('/count 1500 500')
    await stage.words(200, after)
    const other = stage.otherDevice()
    await other.session.send('/count 20 100')
    const [mine, theirs] = [await stage.idle(), await stage.idle(other.session)]
    const { messages } = await stage.journal()
    const kept = labelled(messages, after)
    const here = tallyOf(kept, labelled(mine.messages, after))
    const there = tallyOf(kept, labelled(theirs.messages, after))
    const sum = {
      kept: here.kept + there.kept,
      held: here.held + there.held,
      missing: here.missing + there.missing,
      twice: here.twice + there.twice,
      misplaced: here.misplaced || there.misplaced,
    }
    const count = theirs.messages.filter(({ order }) => order > after).length
    return verdictOf(sum, { unit: 'tokens of both', also: [`the same ${count} messages on each`] })
  },
}

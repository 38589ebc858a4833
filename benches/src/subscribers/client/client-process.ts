// The process of the subscribers, which a bench starts with `fork`.
import { answerCalls } from '../processes/calls.ts'
import type { Subscription } from '../processes/subscription.ts'
import { type Expected, Group } from './group.ts'

const groups = new Map<number, Group>()
let opened = 0

const procedures = {
  connect: async ({ subscription, count }: { subscription: Subscription; count: number }) => {
    const group = await Group.connect(subscription, count)
    groups.set(++opened, group)
    return opened
  },
  subscribe: (group: number) => find(group).subscribe(),
  catchUp: ({ group, ...expected }: Expected & { group: number }) => find(group).catchUp(expected),
  restart: (group: number) => find(group).restart(),
  arrival: ({ group, ...expected }: Expected & { group: number }) => find(group).arrival(expected),
  close: (group: number) => {
    find(group).close()
    groups.delete(group)
  },
}

export type ClientCalls = typeof procedures

answerCalls(procedures)

function find(id: number): Group {
  const group = groups.get(id)
  if (!group) throw new Error(`There is no group ${id}`)
  return group
}

import type { Incarnation } from '../world/host.ts'
import { guests } from '../world/membership.ts'
import type { World } from '../world/world.ts'

/** Adds a guest to a session, or removes one. */
export async function changeMembers(
  world: World,
  { life, store }: Incarnation,
  sessionId: string,
): Promise<void> {
  const { random, membership } = world
  const guest = random.pick(guests)
  const members = await world.persist(life, () => store.sessions.members(sessionId))
  if (!members.includes(guest)) {
    const settled = membership.adds(sessionId, guest)
    // Without a catch: of an addition that failed, nobody knows whether it was made.
    if (await store.sessions.addMember(sessionId, guest)) world.count('member added')
    settled()
    world.trace(guest, `joins ${sessionId} at ${life.name}`)
    return
  }
  const confirmed = membership.removes(life.name, sessionId, guest)
  if (!(await store.sessions.removeMember(sessionId, guest))) return
  confirmed()
  world.count('member removed')
  world.trace(guest, `is removed from ${sessionId} at ${life.name}`)
}

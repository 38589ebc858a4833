import type { Incarnation } from './host.ts'
import type { World } from './world.ts'

const troubles = { weather: 8, pause: 5, kill: 2, shutDown: 2, wall: 1, backup: 3, restore: 1 }

/** Causes random faults until the world calms down. */
export async function chaos(world: World): Promise<void> {
  const { random, outside } = world
  for (;;) {
    await world.rest(outside, 20, 400)
    if (world.calm) return
    const { host, weather } = random.pick(world.hosts)
    if (!host.current) {
      await host.start()
      continue
    }
    const { life } = host.current
    const what = random.weighted(troubles)
    switch (what) {
      case 'weather':
        world.trace(life.name, `has a database that is ${weather.turn()}`)
        break
      case 'pause':
        pause(world, host.current)
        break
      case 'kill':
        world.trace(life.name, 'is killed')
        life.kill()
        break
      case 'shutDown':
        // A paused process cannot shut down.
        if (life.paused) break
        world.trace(life.name, 'shuts down')
        world.spawn(life, host.shutDown())
        break
      case 'wall':
        life.stepWall(random.between(-5_000, 5_000))
        break
      case 'backup':
        world.trace('', 'the database is copied')
        world.keepBackup()
        break
      case 'restore':
        if (world.restoreBackup()) world.trace('', 'the database is put back')
        break
    }
  }
}

function pause(world: World, { life }: Incarnation): void {
  world.trace(life.name, 'is paused')
  life.pause()
  world.outside.after(world.random.pick([50, 200, 500, 600, 700, 900]), () => {
    if (!life.paused || life.killed.aborted) return
    world.trace(life.name, 'goes on')
    life.resume()
  })
}

/** Ends all faults: every host runs, every process continues, every database works. */
export async function calmDown(world: World): Promise<void> {
  world.calm = true
  world.trace('', 'calm')
  for (const { host, weather } of world.hosts) {
    weather.settle()
    host.current?.life.resume()
    if (!host.current) await host.start()
  }
}

import type { World } from './world.ts'

/** Breaks this and that until it is to be calm. */
export async function chaos(world: World): Promise<void> {
  const { random, outside } = world
  while (!world.calm) {
    await world.rest(outside, 20, 500)
    if (world.calm) return
    const { host, weather } = random.pick(world.hosts)
    const at = host.current
    if (!at) {
      await host.start()
      continue
    }
    const what = random.weighted({ weather: 5, pause: 2, kill: 1, shutDown: 1, wall: 1 })
    const { life } = at
    switch (what) {
      case 'weather':
        world.trace(life.name, `has a database that is ${weather.turn()}`)
        break
      case 'pause':
        world.trace(life.name, 'is paused')
        life.pause()
        outside.after(random.pick([50, 300, 2_000]), () => {
          if (!life.paused || life.killed.aborted) return
          world.trace(life.name, 'goes on')
          life.resume()
        })
        break
      case 'kill':
        world.trace(life.name, 'is killed')
        life.kill()
        break
      case 'shutDown':
        if (life.paused) break
        world.trace(life.name, 'shuts down')
        world.spawn(life, host.shutDown())
        break
      case 'wall':
        life.stepWall(random.between(-5_000, 5_000))
        break
    }
  }
}

/** Ends all trouble: every host runs, every process goes on, every database works. */
export async function calmDown(world: World): Promise<void> {
  world.calm = true
  world.trace('', 'calm')
  for (const { host, weather } of world.hosts) {
    weather.settle()
    host.current?.life.resume()
    if (!host.current) await host.start()
  }
}

import { statfsSync } from 'node:fs'

/** A medium that databases are written to. */
export interface Place {
  name: 'RAM disk' | 'disk'
  folder: string
}

/** tmpfs, of statfs(2). */
const ramDisk = 0x0102_1994

/** @throws Error when what should be a RAM disk is none, or what should not be is one */
export function placeAt(folder: string, name: Place['name']): Place {
  const isRamDisk = statfsSync(folder).type === ramDisk
  if (isRamDisk !== (name === 'RAM disk')) {
    throw new Error(`${folder} is ${isRamDisk ? 'a' : 'no'} RAM disk: name another folder`)
  }
  return { name, folder }
}

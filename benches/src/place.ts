import { statfsSync } from 'node:fs'

/** A medium for databases. */
export interface Place {
  name: 'RAM disk' | 'disk'
  folder: string
}

/** The type of tmpfs in statfs(2). */
const ramDisk = 0x0102_1994

/** @throws Error if the folder is not on the named medium */
export function placeAt(folder: string, name: Place['name']): Place {
  const isRamDisk = statfsSync(folder).type === ramDisk
  if (isRamDisk !== (name === 'RAM disk')) {
    throw new Error(`${folder} is ${isRamDisk ? '' : 'not '}on a RAM disk: name another folder`)
  }
  return { name, folder }
}

import type { Slice, Storage, StorageFactory } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** Functions that run before commits, with their slices, or before other calls; they may wait or throw. */
export type StorageHooks = {
  [Method in keyof Storage]?:
    | ((...args: Method extends 'commit' ? [readonly Slice[]] : []) => Promise<void> | void)
    | undefined
}

/** A database whose calls a test can delay or let fail; `hooks` may change while it is open. */
export function interceptedStorage(file: string, hooks: StorageHooks): StorageFactory {
  return {
    async open(options) {
      const storage = await sqlite({ path: file }).open(options)
      return new Proxy(storage, {
        get(target, property) {
          const member: unknown = Reflect.get(target, property)
          if (typeof member !== 'function') return member
          return async (...args: unknown[]) => {
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the arguments of `commit`
            if (property === 'commit') await hooks.commit?.(args[0] as readonly Slice[])
            else if (isMethod(property)) await hooks[property]?.()
            return member.apply(target, args)
          }
        },
      })
      function isMethod(property: string | symbol): property is Exclude<keyof Storage, 'commit'> {
        return property in storage
      }
    },
  }
}

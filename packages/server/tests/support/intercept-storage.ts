import type { Storage, StorageFactory } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** Functions that run before the storage's calls of the same name; they may wait or throw. */
export type StorageHooks = {
  [Method in keyof Storage]?: (() => Promise<void> | void) | undefined
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
            if (isMethod(property)) await hooks[property]?.()
            return member.apply(target, args)
          }
        },
      })
      function isMethod(property: string | symbol): property is keyof Storage {
        return property in storage
      }
    },
  }
}

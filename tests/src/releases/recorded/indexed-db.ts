/** A database of a browser, as plain data. */
export interface KeptDatabase {
  name: string
  version: number
  stores: {
    name: string
    keyPath: string | string[] | null
    autoIncrement: boolean
    indexes: { name: string; keyPath: string | string[]; unique: boolean; multiEntry: boolean }[]
    entries: { key: string | number; value: unknown }[]
  }[]
}

/** What a page leaves in the browser, and what it shows with that while its server is down. */
export interface KeptInBrowser {
  sessionId: string
  databases: KeptDatabase[]
  shown: unknown
}

/** For a page: all databases of its origin. */
export async function dumpDatabases(): Promise<KeptDatabase[]> {
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () =>
        reject(request.error ?? new Error('IndexedDB failed.')),
      )
    })
  const dumped: KeptDatabase[] = []
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await result(indexedDB.open(name))
    const stores: KeptDatabase['stores'] = []
    for (const storeName of database.objectStoreNames) {
      const store = database.transaction(storeName).objectStore(storeName)
      const indexes = [...store.indexNames].map((indexName) => {
        const { keyPath, unique, multiEntry } = store.index(indexName)
        return { name: indexName, keyPath, unique, multiEntry }
      })
      const [keys, values] = await Promise.all([
        result(store.getAllKeys()),
        result<unknown[]>(store.getAll()),
      ])
      const entries = keys.flatMap((key, index) =>
        typeof key === 'number' || typeof key === 'string' ? { key, value: values[index] } : [],
      )
      if (entries.length < keys.length) throw new Error(`${storeName} has keys of another type.`)
      const { keyPath, autoIncrement } = store
      stores.push({ name: storeName, keyPath, autoIncrement, indexes, entries })
    }
    dumped.push({ name, version: database.version, stores })
    database.close()
  }
  return dumped
}

/** For a page: makes databases that its origin does not have. */
export async function loadDatabases(databases: readonly KeptDatabase[]): Promise<void> {
  for (const { name, version, stores } of databases) {
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open(name, version)
      opening.addEventListener('error', () =>
        reject(opening.error ?? new Error('IndexedDB failed.')),
      )
      opening.addEventListener('upgradeneeded', () => {
        for (const { keyPath, autoIncrement, ...kept } of stores) {
          const store = opening.result.createObjectStore(kept.name, { keyPath, autoIncrement })
          for (const { name: index, keyPath: path, ...options } of kept.indexes) {
            store.createIndex(index, path, options)
          }
          for (const { key, value } of kept.entries) {
            store.put(value, ...(keyPath === null ? [key] : []))
          }
        }
      })
      opening.addEventListener('success', () => {
        opening.result.close()
        resolve()
      })
    })
  }
}

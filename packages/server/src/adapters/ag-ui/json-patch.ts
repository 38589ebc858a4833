type Json = unknown

/** An operation of JSON Patch (RFC 6902), as it came. */
export type PatchOperation = Readonly<Record<string, unknown>>

/**
 * The value after a patch; what is not changed is shared.
 *
 * @throws TypeError for an operation that does not fit
 */
export function patched(value: Json, operations: readonly PatchOperation[]): Json {
  return operations.reduce<Json>(apply, value)
}

function apply(value: Json, { op, path, from, value: given }: PatchOperation): Json {
  const at = pointer(path)
  switch (op) {
    case 'add':
    case 'replace':
      return changed(value, at, { op, given })
    case 'remove':
      return changed(value, at, { op })
    case 'copy':
      return changed(value, at, { op: 'add', given: read(value, pointer(from)) })
    case 'move': {
      const moved = read(value, pointer(from))
      return changed(changed(value, pointer(from), { op: 'remove' }), at, {
        op: 'add',
        given: moved,
      })
    }
    case 'test':
      if (JSON.stringify(read(value, at)) === JSON.stringify(given)) return value
      throw misfit(path)
    default:
      throw misfit(op)
  }
}

interface Change {
  op: 'add' | 'replace' | 'remove'
  given?: Json
}

function changed(value: Json, [key, ...rest]: readonly string[], change: Change): Json {
  if (key === undefined) return change.given
  if (Array.isArray(value)) {
    const index = key === '-' ? value.length : Number(key)
    if (!Number.isInteger(index) || index < 0 || index > value.length) throw misfit(key)
    if (rest.length > 0) return value.with(index, changed(value[index], rest, change))
    if (change.op === 'add') return value.toSpliced(index, 0, change.given)
    return change.op === 'remove' ? value.toSpliced(index, 1) : value.with(index, change.given)
  }
  if (!isObject(value)) throw misfit(key)
  const { [key]: before, ...others } = value
  if (rest.length > 0) return { ...value, [key]: changed(before, rest, change) }
  return change.op === 'remove' ? others : { ...value, [key]: change.given }
}

function read(value: Json, path: readonly string[]): Json {
  return path.reduce<Json>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)]
    if (isObject(inner)) return inner[key]
    throw misfit(key)
  }, value)
}

function pointer(path: unknown): string[] {
  if (path === '') return []
  if (typeof path !== 'string' || !path.startsWith('/')) throw misfit(path)
  const keys = path.slice(1).split('/')
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function misfit(what: unknown): TypeError {
  return new TypeError(`The change of the state does not fit it: ${JSON.stringify(what)}.`)
}

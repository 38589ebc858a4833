import { replaceVolatile } from '../../protocol/names.ts'

/**
 * Compares texts that may name ids, tags and the like that a server draws at random: where one was recorded, any
 * other may stand in its place, but the same one each time.
 */
export class Volatile {
  readonly #standsFor = new Map<string, string>()

  readonly same = (recorded: unknown, actual: unknown): boolean => {
    if (Object.is(recorded, actual)) return true
    if (typeof recorded !== 'string' || typeof actual !== 'string') return false
    const [then, now] = [split(recorded), split(actual)]
    if (then.form !== now.form || then.values.length !== now.values.length) return false
    return then.values.every((value, index) => {
      const stands = this.#standsFor.get(value)
      if (stands === undefined) this.#standsFor.set(value, now.values[index] ?? '')
      return (stands ?? now.values[index]) === now.values[index]
    })
  }
}

function split(text: string): { form: string; values: string[] } {
  const values: string[] = []
  // Some are told from other texts by the quotes around them.
  const form = replaceVolatile(`"${text}"`, (kind, value) => {
    if (kind === 'time') return value
    values.push(value)
    return `‹${kind}›`
  })
  return { form, values }
}

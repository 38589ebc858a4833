import { replaceVolatile } from './names.ts'

/**
 * Maps the document's values to real ones. A pair is bound when both appear at the same place of an
 * answer. So requests can use values of earlier answers, and an update keeps the document's values.
 */
export class Bindings {
  readonly #real = new Map<string, string>()
  readonly #documented = new Map<string, string>()

  bind(documented: readonly string[], real: readonly string[]): void {
    for (const [index, line] of documented.entries()) {
      const there = placesIn(real[index] ?? '')
      for (const [place, text] of placesIn(line)) {
        const values = valuesIn(there.get(place) ?? '')
        for (const [at, value] of valuesIn(text).entries()) this.#bindOne(value, values[at])
      }
    }
  }

  toReal(text: string): string {
    return replaceVolatile(text, (kind, value) => this.#real.get(key(kind, value)) ?? value)
  }

  /** A real value without a binding is bound to itself. */
  toDocumented(text: string): string {
    return replaceVolatile(text, (kind, value) => {
      this.#bindOne({ kind, value }, { kind, value })
      return this.#documented.get(key(kind, value)) ?? value
    })
  }

  #bindOne(documented: Value, real: Value | undefined): void {
    const { kind, value } = documented
    if (real?.kind !== kind) return
    if (this.#real.has(key(kind, value)) || this.#documented.has(key(kind, real.value))) return
    this.#real.set(key(kind, value), real.value)
    this.#documented.set(key(kind, real.value), value)
  }
}

interface Value {
  kind: string
  value: string
}

function key(kind: string, value: string): string {
  return `${kind} ${value}`
}

function valuesIn(text: string): Value[] {
  const values: Value[] = []
  replaceVolatile(text, (kind, value) => {
    values.push({ kind, value })
    return value
  })
  return values
}

/** The line's text by place: values inside JSON by their path, the rest under ''. */
function placesIn(line: string): Map<string, string> {
  const start = line.search(/[[{]/)
  const places = new Map([['', start < 0 ? line : line.slice(0, start)]])
  if (start < 0) return places
  const visit = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, `${path}/${name}`)
    } else {
      places.set(path, JSON.stringify(value))
    }
  }
  visit(JSON.parse(line.slice(start)), '/')
  return places
}

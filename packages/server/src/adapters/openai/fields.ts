import { ProviderError } from './provider-error.ts'

/** Reads an object of a provider: what is absent or null is undefined, and what has another type an error. */
export class Fields {
  readonly #value: object
  readonly #path: string

  /** @throws ProviderError `malformed` */
  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(path, 'object')
    }
    this.#value = value
    this.#path = path
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#value, name)
      ? // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an own property
        (this.#value as Record<string, unknown>)[name]
      : undefined
  }

  text(name: string): string | undefined {
    const value = this.get(name) ?? undefined
    if (value === undefined || typeof value === 'string') return value
    throw malformed(`${this.#path}.${name}`, 'text')
  }

  number(name: string): number | undefined {
    const value = this.get(name) ?? undefined
    if (value === undefined || typeof value === 'number') return value
    throw malformed(`${this.#path}.${name}`, 'number')
  }

  object(name: string): Fields | undefined {
    const value = this.get(name) ?? undefined
    return value === undefined ? undefined : new Fields(value, `${this.#path}.${name}`)
  }

  list(name: string): Fields[] {
    const value: unknown = this.get(name) ?? []
    if (!Array.isArray(value)) throw malformed(`${this.#path}.${name}`, 'list')
    return value.map((one: unknown, index) => new Fields(one, `${this.#path}.${name}.${index}`))
  }
}

/** Does not quote the value, which may be anything. */
function malformed(path: string, type: string): ProviderError {
  return new ProviderError('malformed', `The provider's ${path} is not of type ${type}.`)
}

/** The error that a provider reports in its stream. */
export function failureOf(error: Fields): ProviderError {
  const code = error.get('code')
  const providerCode = typeof code === 'string' ? code : error.text('type')
  const message = error.text('message') ?? 'The provider reported an error.'
  return new ProviderError('failed', message, providerCode === undefined ? {} : { providerCode })
}

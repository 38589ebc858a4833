import { globSync } from 'node:fs'

import { nameOf, type Node, nodeOf, nodesOf, parseSource, type Source } from './parse-source.ts'

/** One option as its interface declares it. */
export interface Option {
  name: string
  source: Source
  required: boolean
  /** Its type, as it is written. */
  type: string
  /** What its doc comment says, without tags, on one line. */
  text: string
  /** What its doc comment names as the default, on one line. */
  default: string | undefined
  /** The interface that its type names, where that is an object of further options. */
  options: { interface: string; only: readonly string[] | undefined } | undefined
}

interface Interface {
  source: Source
  node: Node
}

/** The interfaces of the packages, by their names. */
export class Declarations {
  readonly #interfaces = new Map<string, Interface>()
  /** Doc comments of the types. */
  readonly #docs = new Map<string, string>()

  constructor(root: string) {
    const files = globSync('packages/*/src/**/*.ts', {
      cwd: root,
      exclude: (name) => /\.test(-d)?\.ts$/.test(name),
    })
    for (const file of files) {
      const source = parseSource(`${root}/${file}`)
      for (const statement of source.statements) {
        const node = nodeOf(statement['declaration'])
        const name = nameOf(node?.['id'])
        if (!node || name === undefined) continue
        const doc = source.docOf(statement)
        if (doc !== undefined && /^TS(Interface|TypeAlias)/.test(node.type))
          this.#docs.set(name, doc)
        if (node.type === 'TSInterfaceDeclaration') this.#interfaces.set(name, { source, node })
      }
    }
  }

  /** @throws Error for an interface that does not exist or is not exported */
  options(name: string): Option[] {
    const { source, node } = this.#find(name)
    const inherited = nodesOf(node['extends']).flatMap((parent) => {
      const found = this.#reference(parent)
      return found ? this.#selected(found) : []
    })
    const own = nodesOf(nodeOf(node['body'])?.['body']).flatMap((member) =>
      member.type === 'TSPropertySignature' ? [this.#option(source, member)] : [],
    )
    return [...own, ...inherited]
  }

  /** The options of the interface that the type of an option names. */
  nested({ options }: Option): Option[] {
    return options ? this.#selected(options) : []
  }

  #selected({ interface: name, only }: NonNullable<Option['options']>): Option[] {
    return this.options(name).filter((option) => !only || only.includes(option.name))
  }

  #option(source: Source, member: Node): Option {
    const name = nameOf(member['key']) ?? ''
    const typeNode = nodeOf(nodeOf(member['typeAnnotation'])?.['typeAnnotation'])
    if (!typeNode) throw new Error(`${source.file}: ${name} has no type`)
    const type = source.textOf(typeNode)
    const options = this.#objectOf(typeNode)
    const [words, ...tags] = (source.docOf(member) ?? '').split(/(?:^|\s)@(?=[a-z]+\s)/)
    const tagged = tags.find((tag) => tag.startsWith('default '))?.slice('default '.length)
    return {
      name,
      source,
      required: member['optional'] !== true,
      type,
      text: oneLine(words || (this.#docs.get(type) ?? '')),
      default: tagged === undefined ? undefined : oneLine(tagged),
      options,
    }
  }

  /** `XOptions`, `Partial<XOptions>`, `Pick<XOptions, 'a' | 'b'>`, and any of them `| false`. */
  #objectOf(type: Node): Option['options'] {
    const types = type.type === 'TSUnionType' ? nodesOf(type['types']) : [type]
    for (const one of types) {
      const found = this.#reference(one)
      if (found && /(Options|Limits)$/.test(found.interface)) return found
    }
    return undefined
  }

  #reference(node: Node): Option['options'] {
    const name = nameOf(node['typeName'] ?? node['expression'])
    const [first, keys] = nodesOf(nodeOf(node['typeArguments'])?.['params'])
    if (name === 'Partial' || name === 'Readonly') return first && this.#reference(first)
    if (name === 'Pick' && first && keys) {
      const picked = keys.type === 'TSUnionType' ? nodesOf(keys['types']) : [keys]
      const only = picked.flatMap(({ literal }) => nameOf(literal) ?? [])
      const found = this.#reference(first)
      return found && { ...found, only }
    }
    return name !== undefined && this.#interfaces.has(name)
      ? { interface: name, only: undefined }
      : undefined
  }

  #find(name: string): Interface {
    const found = this.#interfaces.get(name)
    if (!found) throw new Error(`No package exports an interface ${name}.`)
    return found
  }
}

function oneLine(text: string): string {
  return text
    .replaceAll(/\{@link ([\w.]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

// Writes docs/settings.md from the declarations of the options, or checks that it says what they
// say; and that each default in a doc comment is the one that the code uses.
//
//   node scripts/checks/settings.ts            checks
//   node scripts/checks/settings.ts --write    writes
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { defaultsIn } from './settings/default-values.ts'
import { Declarations, type Option } from './settings/option-declarations.ts'
import { demoVariables, type Section, sections } from './settings/sections.ts'

const root = path.join(import.meta.dirname, '../..')
const document = 'docs/settings.md'
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const declarations = new Declarations(root)
const problems: string[] = []
const seen = new Set<string>()

const text = [
  '# Settings',
  '',
  'Every option and variable, with its unit and default. This file is written by',
  '`pnpm exec node scripts/checks/settings.ts --write` from the declarations of the options, and',
  '`pnpm check settings` compares it with them, and the defaults with those in the code. Sizes: 1 KiB is',
  '1,024 bytes, 1 MiB is 1,024 KiB.',
  '',
  ...(await sequence(sections.map((section) => () => sectionLines(section)))).flat(),
  ...(await demoLines()),
].join('\n')

if (values.write) writeFileSync(path.join(root, document), text)
else if (read(document) !== text)
  problems.push(
    `${document} does not say what the code says: run pnpm exec node scripts/checks/settings.ts --write.`,
  )
for (const problem of problems) console.error(problem)
console.log(`${seen.size} settings, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

async function sectionLines(section: Section): Promise<string[]> {
  // Without wrong values it must work, or every error would be of something else.
  await section.attempt?.({})
  const options = declarations.options(section.interface)
  const nested = options.filter((option) => option.options)
  const attempt = (name: string) => attemptOf(section, (value) => ({ [name]: value }))
  return [
    `## ${section.title}`,
    '',
    section.intro,
    '',
    ...(await table(
      options.filter((option) => !option.options),
      attempt,
    )),
    '',
    ...(
      await sequence(
        nested.map((option) => async () => [
          `### ${section.title}: \`${option.name}\``,
          '',
          ...(option.text === '' ? [] : [option.text, '']),
          ...(await table(declarations.nested(option), (name) =>
            attemptOf(section, (value) => ({ [option.name]: { [name]: value } })),
          )),
          '',
        ]),
      )
    ).flat(),
  ]
}

function attemptOf({ attempt }: Section, optionsOf: (value: unknown) => object) {
  return attempt && (() => attempt(optionsOf({})))
}

async function table(
  options: readonly Option[],
  attempt: (name: string) => (() => unknown) | undefined,
): Promise<string[]> {
  const rows = options.map((option) => async () => {
    checkDefault(option)
    // A wrong object or function may fail in any way, and late.
    const isPlain = /^(number|string|boolean|'.*')$/.test(option.type)
    const takes = (isPlain && (await complaint(attempt(option.name)))) || typeWords(option)
    return row(`\`${option.name}\``, defaultWords(option), takes, option.text)
  })
  return [...header('option'), ...(await sequence(rows))]
}

async function demoLines(): Promise<string[]> {
  const rows = demoVariables().map((variable) => async () => {
    seen.add(variable.name)
    const takes = (await complaint(() => variable.attempt('?'))) ?? 'a text'
    return row(`\`${variable.name}\``, variable.default, takes, variable.text)
  })
  const intro = 'Variables of the environment of `pnpm demo`; an empty one counts as not set.'
  return ['## The demo', '', intro, '', ...header('variable'), ...(await sequence(rows)), '']
}

function header(first: string): string[] {
  return [`| ${first} | default | takes | what it sets |`, '|---|---|---|---|']
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

/** What a wrong value should have been, in the words of the error that it causes. */
async function complaint(attempt: (() => unknown) | undefined): Promise<string | undefined> {
  try {
    await attempt?.()
    return undefined
  } catch (error) {
    const [, words] = /(?:must be|is not) (.+?)\.$/.exec(String(error)) ?? []
    return words?.replaceAll(/\d{5,}/g, (digits) => Number(digits).toLocaleString('en'))
  }
}

function typeWords({ type }: Option): string {
  if (type.includes('=>')) return 'a function'
  return { number: 'a number', string: 'a text', boolean: 'true or false' }[type] ?? `\`${type}\``
}

function defaultWords(option: Option): string {
  if (option.default === undefined) return option.required ? '**required**' : 'none'
  const number = asNumber(option.default)
  if (number !== undefined && !option.default.includes(' ')) return number.toLocaleString('en')
  return literal(option.default) === undefined || number !== undefined
    ? option.default
    : `\`${option.default}\``
}

/** The default of a doc comment must be the one that stands beside the option. */
function checkDefault(option: Option): void {
  const where = `${path.relative(root, option.source.file)}: ${option.name}`
  seen.add(where)
  if (option.text === '') problems.push(`${where} has no doc comment that says what it sets.`)
  const used = defaultsIn(option.source, option.name).map((value) => JSON.stringify(value))
  const told = option.default === undefined ? undefined : literal(option.default)
  if (option.default !== undefined && told === undefined) return
  const [first] = used
  if (told === undefined && first !== undefined)
    problems.push(`${where} is ${first} by default, which its doc comment does not say.`)
  if (told === undefined) return
  if (first === undefined)
    problems.push(`${where} is ${told} by default, and the code of this file does not say so.`)
  else if (used.length > 1 || first !== told)
    problems.push(`${where} is ${told} by default, and in the code it is ${used.join(' and ')}.`)
}

/** A default that can be compared, as JSON; `undefined` for one in words. */
function literal(words: string): string | undefined {
  const number = asNumber(words)
  if (number !== undefined) return JSON.stringify(number)
  if (/^(true|false|\[\])$/.test(words)) return words
  const [, quoted] = /^'(.*)'$/.exec(words) ?? []
  return quoted === undefined ? undefined : JSON.stringify(quoted)
}

function asNumber(words: string): number | undefined {
  const [, digits, unit = ''] = /^([\d_,]+(?:\.\d+)?)(?: (KiB|MiB|GiB))?$/.exec(words) ?? []
  if (digits === undefined) return undefined
  const factors: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }
  return Number(digits.replaceAll(/[_,]/g, '')) * (factors[unit] ?? 1)
}

function read(file: string): string {
  try {
    return readFileSync(path.join(root, file), 'utf8')
  } catch {
    return ''
  }
}

/** One after the other: a store that is opened is closed before the next. */
async function sequence<T>(steps: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  for (const step of steps) results.push(await step())
  return results
}

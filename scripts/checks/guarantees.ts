// Compares docs/guarantees.md with the tests: each promise names at least one test, in a file that
// exists. If the last runs left reports, a named test must be in one and have passed. On the CI a
// test that the reports lack is a failure; elsewhere the last run may have been partial. Without a
// report, as before the tests, only the form and the files are checked, and the output says so; after
// the tests, the CI fails by itself if there is no report.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '../..')
const document = 'docs/guarantees.md'
const reports = '.reports/{vitest,demo,benches,outside-*}.json'

interface Proof {
  line: number
  file: string
  /**
   * A test's title, or the titles of its groups and the test, separated by ` > `; `…` stands for
   * any text, as in the titles of a table of cases.
   */
  title: string
}

interface Report {
  testResults: { name: string; assertionResults: Test[] }[]
}

interface Test {
  ancestorTitles: string[]
  title: string
  status: string
}

const problems: string[] = []
const proofs: Proof[] = []
let promises = 0
let unproven: string | undefined
for (const [index, line] of readFileSync(path.join(root, document), 'utf8').split('\n').entries()) {
  const [, file, title] = /^ {2}- `(.+?)`: (.+)$/.exec(line) ?? []
  if (file !== undefined && title !== undefined) {
    proofs.push({ line: index + 1, file, title })
    unproven = undefined
  } else if (line.startsWith('- ')) {
    if (unproven !== undefined) problems.push(unproven)
    promises++
    unproven = `${document}:${index + 1} names no test: ${line.slice(2)}`
  } else if (line.startsWith('  - ')) {
    problems.push(`${document}:${index + 1} is not of the form - \`file\`: title`)
  }
}
if (unproven !== undefined) problems.push(unproven)

const report = readReports()
let passed = 0
let notRun = 0
const unchecked: string[] = []
for (const { line, file, title } of proofs) {
  const where = `${document}:${line}: ${file}: ${title}`
  if (!existsSync(path.join(root, file))) {
    problems.push(`${where}: the file does not exist`)
    continue
  }
  if (!report) {
    unchecked.push(where)
    continue
  }
  const results = report.testResults.find(({ name }) => name === path.join(root, file))
  const matches = pattern(title)
  const found = (results?.assertionResults ?? []).filter(matches)
  const others = found.filter(({ status }) => status !== 'passed').map(({ status }) => status)
  if (others.includes('failed')) problems.push(`${where}: failed`)
  else if (found.length === 0 && results) problems.push(`${where}: the file has no such test`)
  else if (found.length > 0 && others.length === 0) passed++
  else if (process.env['CI'] === 'true') problems.push(`${where}: was not run`)
  else notRun++
}

for (const problem of problems) console.error(problem)
if (!report) {
  // On the CI the step runs again after the tests, and then names a missing title.
  if (process.env['CI'] !== 'true')
    for (const where of unchecked) console.error(`unknown: ${where}`)
  console.error(
    `There is no report ${reports}, so it is unknown whether these tests exist and pass.`,
  )
}
const told = report
  ? `${passed} passed in the last run, ${notRun} not in it`
  : 'none of them checked'
console.log(`${promises} promises, ${proofs.length} tests named, ${told}`)
process.exitCode = problems.length > 0 ? 1 : 0

/** The reports of `pnpm test`, `pnpm test:demo`, `pnpm test:benches` and the folders in `outside/`, merged. */
function readReports(): Report | undefined {
  const found = globSync(reports, { cwd: root }).map((file): Report =>
    JSON.parse(readFileSync(path.join(root, file), 'utf8')),
  )
  return found.length > 0 ? { testResults: found.flatMap((one) => one.testResults) } : undefined
}

function pattern(wanted: string): (test: Test) => boolean {
  const pieces = wanted.split('…').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const whole = new RegExp(`^${pieces.join('.*')}$`)
  return ({ ancestorTitles, title }) =>
    whole.test(title) || whole.test([...ancestorTitles, title].join(' > '))
}

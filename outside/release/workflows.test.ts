import { accessSync, constants, existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = path.join(import.meta.dirname, '../..')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
)

type Permissions = Record<string, 'read' | 'write'>

interface Step {
  uses?: string
  run?: string
}

interface Job {
  uses?: string
  environment?: string
  needs?: string[]
  permissions?: Permissions
  steps?: Step[]
}

interface Workflow {
  on: Record<string, unknown>
  permissions: Permissions
  jobs: Record<string, Job>
}

const files = globSync('.github/workflows/*.yml', { cwd: root }).sort()
const workflows = new Map(
  files.map((file): [string, Workflow] => [
    file,
    parse(readFileSync(path.join(root, file), 'utf8')),
  ]),
)

/** Why a command cannot be run in a checkout, if that is so. */
function faultOf(command: string): string | undefined {
  const [, pnpm] = /^npx --yes pnpm@12 (\S+)$/.exec(command) ?? []
  if (pnpm !== undefined)
    return Object.hasOwn(scripts, pnpm) ? undefined : `There is no ${command}.`
  if (/^git config /.test(command)) return undefined
  const [, script = command] = /^node (\S+)/.exec(command) ?? []
  const file = path.join(root, script)
  if (!existsSync(file)) return `There is no ${script}.`
  if (script === command) accessSync(file, constants.X_OK)
  return undefined
}

test('there are a workflow for the checks and one for releases', () => {
  expect(files).toEqual(['.github/workflows/ci.yml', '.github/workflows/release.yml'])
})

describe.each([...workflows])('%s', (_file, { permissions, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? [])

  test('runs commands that the repository has', () => {
    const commands = steps.flatMap(({ run }) => (run === undefined ? [] : run.trim().split('\n')))
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.map(faultOf).filter(Boolean)).toEqual([])
  })

  test('uses actions of fixed commits, and workflows that are there', () => {
    const used = [...Object.values(jobs), ...steps].flatMap(({ uses }) => uses ?? [])
    const strange = used.filter((one) =>
      one.startsWith('./')
        ? !existsSync(path.join(root, one))
        : !/^actions\/[\w-]+@[0-9a-f]{40}$/.test(one),
    )
    expect(used.length).toBeGreaterThan(0)
    expect(strange).toEqual([])
  })

  test('may write nothing, except that the job that publishes may ask for a token, once a person agreed', () => {
    expect(Object.values(permissions)).not.toContain('write')
    for (const [name, job] of Object.entries(jobs)) {
      const writes = Object.entries(job.permissions ?? {}).filter(([, may]) => may === 'write')
      const isPublishing = name === 'publish'
      expect(writes).toEqual(isPublishing ? [['id-token', 'write']] : [])
      if (!isPublishing) continue
      expect(job).toMatchObject({ environment: 'npm', needs: ['test', 'pack'] })
      expect(job.steps?.flatMap(({ run }) => run ?? [])).toEqual([
        'node scripts/publish.ts release/tarballs --publish',
      ])
    }
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { diskAttachments } from '@caughtup/server/disk-attachments'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect, onTestFinished, test } from 'vitest'

import { examplesIn, readProtocol } from '../../tests/src/protocol/document.ts'
import { exchangesIn } from '../../tests/src/protocol/exchanges.ts'
import { openChat } from './chat.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-openapi-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Document = { [member: string]: unknown; paths: Record<string, object> }

async function readDocument(): Promise<{ text: string; document: Document }> {
  const attachments = { storage: diskAttachments({ folder: temporaryFolder() }) }
  const { chat } = await openChat({ attachments })
  const answered = await chat.fetch(new Request('http://localhost/api/openapi.json'))
  const text = await answered.text()
  return { text, document: JSON.parse(text) as Document }
}

test('Redocly finds no fault in the document', async () => {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, 'openapi.json'), (await readDocument()).text)
  const redocly = path.join(import.meta.dirname, 'node_modules/.bin/redocly')
  const { status, stdout, stderr } = spawnSync(
    redocly,
    // A license is the host's to name.
    ['lint', 'openapi.json', '--extends=recommended', '--skip-rule=info-license', '--format=json'],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, REDOCLY_TELEMETRY: 'off' } },
  )
  const { totals, problems } = JSON.parse(stdout || '{}') as Record<string, unknown>
  expect({ status, totals, problems, stderr: status === 0 ? '' : stderr }).toEqual({
    status: 0,
    totals: { errors: 0, warnings: 0, ignored: 0 },
    problems: [],
    stderr: '',
  })
})

test('it is valid by the schema of OpenAPI 3.1', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate((await readDocument()).document)
  expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1'])
})

test('what PROTOCOL.md shows of calls is as its schemas say', async () => {
  const { document } = await readDocument()
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(document, 'document')
  const checked: Record<string, number> = {}
  const check = (kind: string, pointer: string, value: unknown, place: string) => {
    const validate = validator(pointer)
    validate(value)
    expect({ place, value, errors: validate.errors }).toEqual({ place, value, errors: null })
    checked[kind] = (checked[kind] ?? 0) + 1
  }
  const validators = new Map<string, ValidateFunction>()
  const validator = (pointer: string) => {
    const made = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` })
    validators.set(pointer, made)
    return made
  }
  for (const { place, procedure, input, status, answer, frames } of exchangesIn(
    examplesIn(readProtocol()),
  )) {
    const path = `/api/${procedure.replace('.', '/')}`
    // One example calls what does not exist.
    if (!document.paths[path]) continue
    const operation = `/paths/${path.replaceAll('/', '~1')}/post`
    const content = 'content/application~1json/schema'
    if (input !== undefined) check('inputs', `${operation}/requestBody/${content}`, input, place)
    if (answer !== undefined && status === 200) {
      check('outputs', `${operation}/responses/200/${content}`, answer, place)
    }
    if (status !== 200)
      check('errors', `/components/responses/Error${status}/${content}`, answer, place)
    for (const frame of frames) {
      const event = procedure === 'onChat' ? 'ChatEvent' : 'ActivityEvent'
      check('frames', `/components/schemas/${event}`, { data: frame }, place)
    }
  }
  expect(Object.keys(checked).sort()).toEqual(['errors', 'frames', 'inputs', 'outputs'])
  for (const [kind, number] of Object.entries(checked)) {
    expect([kind, number >= (kind === 'errors' ? 5 : 30)]).toEqual([kind, true])
  }
  // The schemas are no wildcards.
  expect(validator('/components/schemas/ChatEvent')({ data: { type: 'text', seq: '1' } })).toBe(
    false,
  )
  expect(validator('/components/schemas/SessionInput')({ sessionId: 'a', more: 1 })).toBe(false)
})

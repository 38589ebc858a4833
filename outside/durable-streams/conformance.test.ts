import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { expect, onTestFinished, test } from 'vitest'

const here = import.meta.dirname
const server = path.join(here, '../../packages/server/tests/support/streams/stream-process.ts')
/** The suite's own: under another vitest it registers no tests, and passes. */
const vitest = 'node_modules/@durable-streams/server-conformance-tests/node_modules/.bin/vitest'

/** The suite of 0.3.6. Those of subscriptions count, and run only where a server says that it has them. */
const inAll = 338
const ofReads = 121

/** What is left out, by the titles of groups and tests: all of it is about writing, which no client may. */
const leftOut = {
  'of idempotent producers': ['Idempotent Producer Operations'],
  'of the order of writes (Stream-Seq)': [
    'Append Operations should enforce sequence ordering with seq',
    'HTTP Protocol should enforce sequence ordering',
    'HTTP Protocol should enforce lexicographic seq ordering',
    'HTTP Protocol should allow lexicographic seq ordering',
    'HTTP Protocol should reject duplicate seq values',
    'Protocol Edge Cases should enforce case-sensitive seq ordering',
    'Property-Based Tests \\(fast-check\\) Sequence Ordering Properties',
    'Property-Based Tests \\(fast-check\\) Concurrent Writer Stress Tests concurrent writers',
  ],
  'of streams that expire': ['TTL ', 'HEAD Metadata Edge Cases'],
  'of forks: a forked session is a session': ['Fork - '],
  'of closing: a journal goes on until its session is deleted': ['Stream Closure'],
  'of subscriptions that the server makes by itself': ['Reserved subscription APIs'],
  'of what a write is answered': [
    'Basic Stream Operations',
    'HTTP Protocol should return correct headers on (PUT|POST)',
    'HTTP Protocol should return \\d+ on .*(PUT|POST|DELETE|content-type mismatch)',
    'Browser Security Headers .* on (PUT|POST) responses',
    'Case-Insensitivity should allow idempotent create',
    'Content-Type Validation should (enforce content-type match|allow append)',
    'Protocol Edge Cases should reject (empty POST body|missing Content-Type)',
    'Protocol Edge Cases should return Location header',
    'Protocol Edge Cases should accept PUT without Content-Type',
    'Chunking and Large Payloads should handle large payload',
    'JSON Mode should reject',
  ],
}

interface Report {
  numTotalTests: number
  numPassedTests: number
  numFailedTests: number
  testResults: {
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[]
  }[]
}

test(
  'every test of reads in the suite of Durable Streams passes',
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-streams-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = path.join(folder, 'report.json')
    const streams = spawn(process.execPath, [server], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void streams.kill())
    const port = /\d+/.exec(await firstOutput(streams))
    const reads = `^(?!${Object.values(leftOut).flat().join('|')})`
    const args = ['run', '--root', 'suite', '--reporter=json', `--outputFile=${file}`, '-t', reads]
    const suite = spawn(path.join(here, vitest), args, {
      cwd: here,
      env: { ...process.env, CONFORMANCE_TEST_URL: `http://127.0.0.1:${port}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [printed] = await Promise.all([text(suite.stderr), once(suite, 'exit')])
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
    const failed = tests
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => [fullName, failureMessages])
    expect({ failed, printed: failed.length > 0 ? printed : '' }).toEqual({
      failed: [],
      printed: '',
    })
    expect(report).toMatchObject({ numTotalTests: inAll, numPassedTests: ofReads })
    for (const title of Object.values(leftOut).flat()) {
      const matches = tests.some(({ fullName }) => new RegExp(`^${title}`).test(fullName))
      expect([title, matches]).toEqual([title, true])
    }
  },
)

async function firstOutput({ stdout }: ChildProcess): Promise<string> {
  const [chunk] = stdout ? await once(stdout, 'data') : []
  return String(chunk)
}

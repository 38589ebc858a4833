import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { BenchProcess } from '../subscribers/measure/processes.ts'
import type { Reading } from './audience.ts'
import type { AudienceCalls } from './audience-process.ts'
import type { SoakCalls, SoakUsage } from './soak-server.ts'

export interface SoakOptions {
  seconds: number
  /** Half of them over SSE, half over WebSocket. */
  subscribers: number
  sessions: number
  /** Texts per second of each agent; a text has 200 characters. */
  rate: number
  /** The folder for the database. */
  on: string
}

export interface SoakResult {
  /** Lines for a reader. */
  figures: string[]
  /** Promises that were broken, as sentences. */
  violations: string[]
}

/** How often memory is looked at. */
const samples = 20
/** One client in so many stalls, and one in so many of those never reads again. */
const oneIn = 10
/** The longest stretch in which a client reads nothing, in seconds. */
const longestStall = 45
/** How long clients may take for the rest once nothing more is written, in seconds. */
const patience = 60

const most = {
  /** Longer than planned, as a share. */
  pace: 0.02,
  /** Between the second and the last quarter, as a share, and in bytes. */
  heap: { share: 0.1, bytes: 8e6 },
  rss: { share: 0.1, bytes: 32e6 },
  /** The median of the slowest session: so many medians of all, and ms. */
  unfair: { times: 3, ms: 20 },
}

const serverModule = fileURLToPath(new URL('soak-server.ts', import.meta.url))
const audienceModule = fileURLToPath(new URL('audience-process.ts', import.meta.url))

/** Lets many clients follow many sessions, some of them stalling, and judges what happened. */
export async function soak(
  options: SoakOptions,
  progress: (line: string) => void = () => undefined,
): Promise<SoakResult> {
  const { seconds, subscribers, sessions, rate, on } = options
  const folder = await mkdtemp(path.join(on, 'caughtup-soak-'))
  try {
    await using server = new BenchProcess<SoakCalls>(serverModule, [folder])
    await using audience = new BenchProcess<AudienceCalls>(audienceModule)
    const socketPath = await server.call('socketPath', null)
    let opened = 0
    for (let session = 0; session < sessions; session++) {
      const both = await server.call('open', null)
      for (const [index, subscription] of both.entries()) {
        const until = Math.round((subscribers * (2 * session + index + 1)) / (2 * sessions))
        const readings = Array.from({ length: until - opened }, (_, at) => readingOf(opened + at))
        opened = until
        const slow = readings.filter((reading) => reading !== 'always')
        const always = readings.filter((reading) => reading === 'always')
        await audience.call('add', { session, subscription, readings: always })
        const unix = { ...subscription, socketPath }
        await audience.call('add', { session, subscription: unix, readings: slow })
      }
    }
    progress(`${opened} subscribers of ${sessions} sessions are caught up`)
    await audience.call('stall', Math.min(longestStall, seconds / 3))
    const writing = server.call('write', { seconds, rate })
    const usage: SoakUsage[] = []
    for (let at = 0; at < samples; at++) {
      await setTimeout((seconds * 1000) / samples)
      const now = await server.call('usage', null)
      usage.push(now)
      progress(describeUsage(((at + 1) * seconds) / samples, now))
    }
    const spoken = await writing
    const heard = await audience.call('finish', { spoken, within: patience })
    const paces = spoken.map(({ took, planned }) => took / planned - 1)
    const slowest = Math.max(...paces)
    const median = heard.medians[Math.floor(heard.medians.length / 2)] ?? 0
    const worst = heard.medians.at(-1) ?? 0
    const texts = spoken.reduce((sum, one) => sum + one.texts, 0)
    const full = Math.max(...usage.map((one) => one.full))
    const held = Math.max(...usage.map((one) => one.held))
    const grown = (key: 'heap' | 'rss') => growth(usage.map((one) => one[key]))
    const [heap, rss] = [grown('heap'), grown('rss')]
    const violations = [
      ...heard.lost.slice(0, 10),
      ...(heard.lost.length > 10 ? [`${heard.lost.length} clients lost something in all.`] : []),
      ...(texts > 0 ? [] : ['The agents wrote nothing.']),
      ...(full > 0
        ? []
        : ['No connection was ever full: the stalls were too short for --rate to prove anything.']),
      ...(slowest <= most.pace
        ? []
        : [
            `An agent took ${percent(slowest)} longer than planned, and may take ${percent(most.pace)}.`,
          ]),
      ...tooMuch('heap', heap),
      ...tooMuch('rss', rss),
      ...(worst <= median * most.unfair.times + most.unfair.ms
        ? []
        : [`The median of the slowest session is ${worst} ms, and that of all ${median} ms.`]),
    ]
    const figures = [
      `${opened} subscribers of ${sessions} sessions, ${seconds} s: ${heard.deliveries.toLocaleString('en')} tokens delivered in ${texts.toLocaleString('en')} texts, ${heard.checked} clients compared, ${heard.lost.length} with a loss`,
      `heap ${megabytes(heap.before)} → ${megabytes(heap.after)}, RSS ${megabytes(rss.before)} → ${megabytes(rss.after)} (the most of the second and of the last quarter)`,
      `agents took at most ${percent(slowest)} longer than planned`,
      `latency p50 ${heard.p50} ms, p99 ${heard.p99} ms; medians of sessions ${heard.medians[0] ?? 0} to ${worst} ms`,
      `at most ${full} connections were full at once, and ${megabytes(held)} held for all; ${usage.at(-1)?.connections ?? 0} connections at the end`,
    ]
    return { figures, violations }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readingOf(index: number): Reading {
  if (index % oneIn !== 0) return 'always'
  return (index / oneIn) % oneIn === 0 ? 'stops' : 'stalls'
}

interface Growth {
  before: number
  after: number
}

function growth(values: readonly number[]): Growth {
  const quarter = values.length / 4
  return {
    before: Math.max(...values.slice(quarter, 2 * quarter)),
    after: Math.max(...values.slice(3 * quarter)),
  }
}

function tooMuch(key: 'heap' | 'rss', { before, after }: Growth): string[] {
  const { share, bytes } = most[key]
  if (after <= before * (1 + share) + bytes) return []
  return [`The ${key} of the server grew from ${megabytes(before)} to ${megabytes(after)}.`]
}

function describeUsage(second: number, { heap, rss, connections, full, held }: SoakUsage): string {
  return `${second.toFixed(1)} s: heap ${megabytes(heap)}, RSS ${megabytes(rss)}, ${connections} connections, ${full} of them full, ${megabytes(held)} held`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

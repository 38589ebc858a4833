import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { InitialSession } from '@caughtup/web-client'

import type { Exchange } from './exchange.ts'

const folder = path.resolve(import.meta.dirname, '../../../fixtures')

/** What a released version has left, in a folder of its name. */
export interface Release {
  version: string
  folder: string
  /** Of the clock when the databases were read again. */
  readAt: number
}

/** All that clients are told about everything that a database has. */
export interface Shown {
  lists: Record<string, unknown>
  sessions: Record<string, unknown>
}

/** A session as a device had it when it went away. */
export interface Device {
  sessionId: string
  session: InitialSession
}

/** A client that follows something over recorded connections. */
export interface Scene {
  follow: Follow
  /** What it shows in the end. */
  shown: unknown
  exchanges: Exchange[]
}

export type Follow = { sessionId: string; device?: Device } | { activity: true }

/** What is recorded of one database. */
export interface Expected {
  shown: Shown
  devices: readonly { left: Device; replay: unknown }[]
}

export function folderOf(version: string): string {
  return path.join(folder, version)
}

export function releases(): Release[] {
  const versions = existsSync(folder) ? readdirSync(folder) : []
  return versions.toSorted().map((version) => {
    const { readAt } = readJson<{ readAt: number }>(path.join(folderOf(version), 'release.json'))
    return { version, folder: folderOf(version), readAt }
  })
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

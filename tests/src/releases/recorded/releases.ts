import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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

/** A session that a client followed over a WebSocket, with all of its older pages. */
export interface SocketScene {
  sessionId: string
  shown: unknown
  messages: SocketMessage[]
}

export interface SocketMessage {
  from: 'client' | 'server'
  text: string
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

/** How deep what is written has a line per member. */
const linesDown = 5

/** So that differences can be read, and most of it is not space. */
export function writeJson(file: string, value: unknown): void {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  writeFileSync(file, `${linesOf(plain, linesDown, '')}\n`)
}

function linesOf(value: unknown, depth: number, indent: string): string {
  if (depth === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent} `
  const lines = Array.isArray(value)
    ? value.map((item) => inner + linesOf(item, depth - 1, inner))
    : Object.entries(value).map(
        ([name, member]) => `${inner}${JSON.stringify(name)}: ${linesOf(member, depth - 1, inner)}`,
      )
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

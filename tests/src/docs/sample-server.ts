import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import path from 'node:path'

import { auto, createChatClient } from '@caughtup/web-client'
import { onTestFinished } from 'vitest'

import { type Sample, samplesIn } from './doc-samples.ts'
import { freePort, printed, runSample } from './run-sample.ts'

/** A server of a sample on a fresh database, which can be killed and started again at the same address. */
export class SampleServer {
  readonly #folder: string
  readonly #sample: Sample
  readonly #port: number
  /** Where its files are. */
  readonly data: string
  #replacements: Record<string, string> = {}
  #process: ChildProcess | undefined

  private constructor(folder: string, sample: Sample, port: number) {
    this.#folder = folder
    this.#sample = sample
    this.#port = port
    this.data = mkdtempSync(path.join(folder, 'data-'))
  }

  /** Starts the first sample under a heading of a file, with some text of it replaced. */
  static async open(
    folder: string,
    file: string,
    heading: string,
    more = (_data: string): Record<string, string> => ({}),
  ) {
    const sample = samplesIn(file).find((each) => each.heading === heading)!
    const server = new SampleServer(folder, sample, await freePort())
    onTestFinished(() => server.kill())
    const { data } = server
    await server.start({ "'chat.db'": `'${data}/chat.db'`, ...more(data) })
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** With the same text replaced as before, unless other replacements are given. */
  async start(replacements = this.#replacements) {
    this.#replacements = replacements
    const listening = { 'port: 4000': `port: ${this.#port}`, ...replacements }
    this.#process = runSample(this.#folder, this.#sample, listening)
    await printed(this.#process, /(Listening)/)
  }

  async kill() {
    const { exitCode, signalCode } = this.#process ?? { exitCode: 0 }
    if (this.#process === undefined || exitCode !== null || signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  client() {
    const client = createChatClient({ link: auto({ url: `${this.url}/rpc` }), random: () => 0 })
    onTestFinished(() => client.close())
    return client
  }
}

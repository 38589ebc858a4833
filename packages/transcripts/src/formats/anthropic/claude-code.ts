import type { ImportedRow } from '@caughtup/store'

import { asRecord, asText, badValue, isRecord } from '../../base/values.ts'
import type { Format } from '../../conversation/format.ts'
import { keepMetadata } from '../../conversation/metadata.ts'
import { readFinishReason } from '../../base/read-finish-reason.ts'
import { readTime } from '../../base/read-time.ts'
import { readUsage } from '../../base/read-usage.ts'
import { shownBranch } from '../../base/shown-branch.ts'
import type { Conversation, Heading, Note } from '../../conversation/transcript.ts'
import { type TurnInput, Turns } from '../../conversation/turns.ts'
import { readBlocks, type ToolResult } from './read-block.ts'
import { settle } from './settle.ts'

/** A line that has a place in the tree; those without a message only lead from one to another. */
interface Node {
  uuid: string
  parent: string | undefined
  message?: Spoken
}

interface Spoken {
  role: ImportedRow['role']
  said: TurnInput
  results: ToolResult[]
  /** What all blocks of one answer share. */
  apiId: string | undefined
}

/**
 * A session of Claude Code as it stands on disk, one line for each block of an answer. The branch is
 * that of the newest message, with the results of calls that were made side by side; what agents did
 * by themselves (`isSidechain`), notes to the model (`isMeta`) and lines of bookkeeping are not
 * messages. `toolUseResult` says again what the result says.
 */
class ClaudeCodeConversation implements Conversation {
  readonly #nodes = new Map<string, Node>()
  readonly #heading: Heading = {}
  #sidechain: boolean | undefined
  /** The newest line that is a message, and answers whose usage was counted. */
  #leaf: Node | undefined
  readonly #counted = new Set<unknown>()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const line = asRecord('the line', value)
    const { type, uuid, parentUuid, logicalParentUuid: logical, isSidechain, isMeta } = line
    const title = line['customTitle'] ?? line['aiTitle'] ?? line['summary']
    if (typeof title === 'string' && title !== '') this.#heading.title = title
    if (typeof uuid !== 'string') {
      if (type === 'user' || type === 'assistant') throw badValue('uuid', uuid, 'a text')
      return
    }
    const parent = [parentUuid, logical].find((each) => typeof each === 'string')
    const node: Node = { uuid, parent: typeof parent === 'string' ? parent : undefined }
    if (type === 'user' || type === 'assistant') {
      // A file of an agent's own is a session; in that of its caller it is not part of what was said.
      this.#sidechain ??= isSidechain === true
      if ((isSidechain === true) !== this.#sidechain)
        note.kept('what agents did by themselves is left out')
      else if (isMeta === true) note.kept('notes to the model that were not shown are left out')
      else {
        node.message = this.#read(line, type, bytes, note)
        this.#leaf = node
      }
    }
    this.#nodes.set(uuid, node)
  }

  rows(note: Note): ImportedRow[] {
    const turns = new Turns()
    const shown = new Set(shownBranch(this.#leaf, ({ parent }) => this.#nodes.get(parent ?? '')))
    const answers = new Set([...shown].flatMap(({ message }) => message?.apiId ?? []))
    let others = 0
    for (const node of this.#nodes.values()) {
      const { message } = node
      if (!message) continue
      const { role, said, results, apiId } = message
      const isBeside =
        (apiId !== undefined && answers.has(apiId)) ||
        results.some(({ id }) => id !== undefined && turns.call(id))
      if (!shown.has(node) && !isBeside) others += 1
      else if (role === 'assistant') turns.step(said, 'always', note)
      else {
        settle(turns, results, said.bytes, note)
        if (said.parts.length > 0) turns.prompt(role, said)
      }
    }
    if (others > 0) note.kept('messages of branches that are not shown are left out')
    return turns.rows()
  }

  heading(): Heading {
    return this.#heading
  }

  #read(line: Record<string, unknown>, type: string, bytes: number, note: Note): Spoken {
    const { uuid, timestamp, isCompactSummary, message } = line
    const { id, content, model, usage, stop_reason: reason } = asRecord('message', message)
    if (content == null) throw badValue('message.content', content, 'a text or a list')
    const apiId = typeof id === 'string' ? id : undefined
    let calls = this.#calls
    const nextId = () => `call-${++calls}`
    const { parts, results } = readBlocks(content, { format: 'claude-code', nextId, note })
    this.#calls = calls
    // Every block of an answer comes with the usage of the whole.
    const isCounted = apiId !== undefined && this.#counted.has(apiId)
    this.#counted.add(apiId)
    const about = {
      ...(model !== '<synthetic>' && { model }),
      ...(!isCounted && { usage: readUsage(usage) }),
      finishReason: readFinishReason(reason),
    }
    const others =
      isRecord(line['error']) || typeof line['error'] === 'string' ? { error: line['error'] } : {}
    return {
      role: type === 'assistant' ? 'assistant' : isCompactSummary === true ? 'system' : 'user',
      said: {
        id: asText('uuid', uuid),
        parts,
        createdAt: readTime(timestamp, 'ms'),
        metadata: keepMetadata(type === 'assistant' ? about : {}, others, note),
        bytes,
      },
      results,
      apiId,
    }
  }
}

const bookkeeping =
  /^(?:summary|file-history-snapshot|queue-operation|progress|ai-title|custom-title|last-prompt)$/

export const claudeCode: Format = {
  title: 'sessions of Claude Code (JSON Lines)',
  isMessage: ({ type, role, ...line }) =>
    role === undefined &&
    (bookkeeping.test(String(type)) ||
      (typeof type === 'string' &&
        typeof line['uuid'] === 'string' &&
        ('parentUuid' in line || 'sessionId' in line))),
  conversation: () => new ClaudeCodeConversation(),
}

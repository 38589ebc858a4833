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

/** A line in the tree of messages; one without a message only connects others. */
interface Node {
  uuid: string
  parent: string | undefined
  message?: Spoken
}

interface Spoken {
  role: ImportedRow['role']
  said: TurnInput
  results: ToolResult[]
  /** The id that all blocks of one answer share. */
  apiId: string | undefined
}

/**
 * A session file of Claude Code, with one line for each block of an answer. The branch is that of the
 * newest message, with the results of parallel calls. Messages of subagents (`isSidechain`), notes to
 * the model (`isMeta`) and bookkeeping lines are left out; `toolUseResult` repeats the result.
 */
class ClaudeCodeConversation implements Conversation {
  readonly #nodes = new Map<string, Node>()
  readonly #heading: Heading = {}
  #sidechain: boolean | undefined
  /** The newest line that is a message, and the answers whose usage is counted. */
  #leaf: Node | undefined
  readonly #counted = new Set<unknown>()
  #calls = 0

  add(value: unknown, bytes: number, note: Note): void {
    const line = asRecord('the line', value)
    const { type, uuid, parentUuid, logicalParentUuid: logical, isSidechain, isMeta } = line
    const title = line['customTitle'] ?? line['aiTitle'] ?? line['summary']
    if (typeof title === 'string' && title !== '') this.#heading.title = title
    if (typeof uuid !== 'string') {
      if (type === 'user' || type === 'assistant') throw badValue('uuid', uuid, 'a string')
      return
    }
    const parent = [parentUuid, logical].find((each) => typeof each === 'string')
    const node: Node = { uuid, parent: typeof parent === 'string' ? parent : undefined }
    if (type === 'user' || type === 'assistant') {
      // A subagent's own file is a session; in its caller's file its lines are not part of the conversation.
      this.#sidechain ??= isSidechain === true
      if ((isSidechain === true) !== this.#sidechain)
        note.kept('messages of subagents are left out')
      else if (isMeta === true) note.kept('hidden notes to the model are left out')
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
    if (others > 0) note.kept('messages on other branches are left out')
    return turns.rows()
  }

  heading(): Heading {
    return this.#heading
  }

  #read(line: Record<string, unknown>, type: string, bytes: number, note: Note): Spoken {
    const { uuid, timestamp, isCompactSummary, message } = line
    const { id, content, model, usage, stop_reason: reason } = asRecord('message', message)
    if (content == null) throw badValue('message.content', content, 'a string or an array')
    const apiId = typeof id === 'string' ? id : undefined
    let calls = this.#calls
    const nextId = () => `call-${++calls}`
    const { parts, results } = readBlocks(content, { format: 'claude-code', nextId, note })
    this.#calls = calls
    // Every block of an answer repeats the usage of the whole answer.
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

import type { AgentPart } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

const providerMetadata = { acme: { signature: 'c2ln' } }
const look = { toolCallId: 'look', toolName: 'look' }

/** An answer that has a part of every kind, and calls of every outcome. */
export const answer: readonly AgentPart[] = [
  { type: 'start' },
  { type: 'start-step' },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', text: 'Let me see' },
  { type: 'reasoning-end', id: 'r', providerMetadata },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', text: 'Hello, ' },
  { type: 'text-delta', id: 't', text: 'Straße 👋\u2028 \ud83d' },
  {
    type: 'text-end',
    id: 't',
    providerMetadata,
    citations: [
      {
        source: { type: 'source', sourceType: 'url', id: 's', url: 'https://example.org' },
        startIndex: 0,
        endIndex: 5,
        citedText: 'Hello',
      },
    ],
  },
  { type: 'tool-input-start', id: 'look', toolName: 'look', title: 'Look', providerMetadata },
  { type: 'tool-input-delta', id: 'look', delta: '{"path"' },
  { type: 'tool-input-delta', id: 'look', delta: ':"a"}' },
  { type: 'tool-call', ...look, input: { path: 'a' }, toolMetadata: { icon: 'eye' } },
  { type: 'tool-result', ...look, output: { lines: 1 }, preliminary: true },
  { type: 'tool-result', ...look, output: { lines: 3, more: [null, true, 1.5, 'x'] } },
  { type: 'tool-call', toolCallId: 'fail', toolName: 'look', input: {}, providerExecuted: true },
  { type: 'tool-error', toolCallId: 'fail', toolName: 'look', error: 'no such file' },
  { type: 'tool-call', toolCallId: 'deny', toolName: 'remove', input: { path: 'b' } },
  {
    type: 'tool-approval-request',
    approvalId: 'approve-deny',
    isAutomatic: true,
    toolCall: { toolCallId: 'deny', toolName: 'remove', input: { path: 'b' } },
  },
  {
    type: 'tool-approval-response',
    approvalId: 'approve-deny',
    approved: false,
    reason: 'a policy forbids it',
    toolCall: { toolCallId: 'deny', toolName: 'remove', input: { path: 'b' } },
  },
  { type: 'tool-output-denied', toolCallId: 'deny' },
  { type: 'tool-input-start', id: 'cut', toolName: 'look', inputEncoding: 'text' },
  { type: 'tool-input-delta', id: 'cut', delta: 'half an inp' },
  { type: 'source', sourceType: 'url', id: 's', url: 'https://example.org', title: 'A page' },
  {
    type: 'source',
    sourceType: 'document',
    id: 'd',
    mediaType: 'application/pdf',
    title: 'A paper',
    filename: 'paper.pdf',
  },
  { type: 'file', file: { mediaType: 'text/plain', base64: 'SGk=' } },
  { type: 'reasoning-file', file: { mediaType: 'text/plain', base64: 'SG8=' } },
  { type: 'custom', kind: 'acme.state', providerMetadata },
  { type: 'data-progress', id: 'p', data: { done: 1 } },
  { type: 'data-progress', id: 'p', data: { done: 2 } },
  { type: 'message-metadata', messageMetadata: { mood: 'calm' } },
  { type: 'finish-step', finishReason: 'stop', usage: { inputTokens: 40, outputTokens: 6 } },
  {
    type: 'finish',
    finishReason: 'length',
    contextLimit: 2_000,
    totalUsage: {
      inputTokens: 90,
      outputTokens: 10,
      totalTokens: 100,
      inputTokenDetails: { cacheReadTokens: 30, cacheWriteTokens: 5 },
      outputTokenDetails: { reasoningTokens: 4 },
    },
  },
]

const began = Date.UTC(2026, 4, 1)

/** A transcript of another system. */
export const transcript: { began: number; rows: readonly ImportedRow[] } = {
  began,
  rows: [
    { role: 'user', parts: [{ type: 'text', text: 'Hello from afar' }], createdAt: began + 1 },
    {
      id: 'not an id of ours/1',
      role: 'assistant',
      parts: [
        { type: 'text', text: 'Hello back' },
        {
          type: 'dynamic-tool',
          toolCallId: 'far',
          toolName: 'search',
          state: 'output-available',
          input: { query: 'x' },
          output: 'found',
        },
      ],
      metadata: { model: 'elsewhere', foreign: { branch: 'main' }, usage: { inputTokens: 3 } },
      createdAt: began + 2,
    },
    { id: 'third', role: 'user', parts: [{ type: 'text', text: 'Later' }], createdAt: began + 3 },
  ],
}

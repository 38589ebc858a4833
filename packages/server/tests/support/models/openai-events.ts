/** The bytes of events as server-sent events, cut into chunks at these places. */
export function* sse(text: string, cuts: readonly number[] = []): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let from = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    const to = Math.min(cut, bytes.length)
    yield bytes.slice(from, to)
    from = to
  }
}

export async function* streamOf<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}

const item = { output_index: 0, item_id: 'rs_1' }

/** Events of a response that reasons, says something with a source, and calls two functions. */
export const responseEvents: readonly object[] = [
  { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } },
  { type: 'response.in_progress', response: { id: 'resp_1', status: 'in_progress' } },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'early' },
  },
  { type: 'response.reasoning_summary_part.added', ...item, summary_index: 0 },
  { type: 'response.reasoning_summary_text.delta', ...item, summary_index: 0, delta: 'First ' },
  { type: 'response.reasoning_summary_text.delta', ...item, summary_index: 0, delta: 'this.' },
  { type: 'response.reasoning_summary_text.done', ...item, summary_index: 0, text: 'First this.' },
  { type: 'response.reasoning_summary_text.delta', ...item, summary_index: 1, delta: 'Then that.' },
  {
    type: 'response.output_item.done',
    output_index: 0,
    item: { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'secret' },
  },
  {
    type: 'response.output_item.added',
    output_index: 1,
    item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
  },
  { type: 'response.content_part.added', item_id: 'msg_1', content_index: 0 },
  { type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0, delta: 'Grüße, ' },
  { type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0, delta: '世界 👋' },
  {
    type: 'response.output_text.annotation.added',
    item_id: 'msg_1',
    annotation: { type: 'url_citation', url: 'https://x.example/a', title: 'A', start_index: 0 },
  },
  {
    type: 'response.output_text.annotation.added',
    item_id: 'msg_1',
    annotation: { type: 'file_citation', file_id: 'file_1', filename: 'a.txt', index: 0 },
  },
  { type: 'response.output_text.done', item_id: 'msg_1', content_index: 0, text: 'Grüße, 世界 👋' },
  {
    type: 'response.output_item.done',
    output_index: 1,
    item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
  },
  ...['a', 'b'].map((name, index) => ({
    type: 'response.output_item.added',
    output_index: 2 + index,
    item: { id: `fc_${name}`, type: 'function_call', call_id: name, name, arguments: '' },
  })),
  ...['{"at"', ':1}'].flatMap((delta) =>
    ['a', 'b'].map((name) => ({
      type: 'response.function_call_arguments.delta',
      item_id: `fc_${name}`,
      delta,
    })),
  ),
  ...['a', 'b'].map((name, index) => ({
    type: 'response.output_item.done',
    output_index: 2 + index,
    item: { id: `fc_${name}`, type: 'function_call', call_id: name, name, arguments: '{"at":1}' },
  })),
  {
    type: 'response.completed',
    response: {
      id: 'resp_1',
      status: 'completed',
      incomplete_details: null,
      usage: {
        input_tokens: 50,
        input_tokens_details: { cached_tokens: 20 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 59,
      },
    },
  },
]

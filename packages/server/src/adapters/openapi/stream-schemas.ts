import { type JsonObject, reference } from './schemas.ts'

/** Of the streams' events, whose data are these frames; `data` is what the text of an event holds. */
export function eventSchema(frame: string): JsonObject {
  return {
    description: `One server-sent event. An event without a name has a \`${frame}\`.`,
    oneOf: [
      {
        type: 'object',
        properties: {
          id: { type: 'string', description: 'A cursor: the position after the frame.' },
          data: { $ref: reference(frame) },
        },
        required: ['data'],
      },
      {
        type: 'object',
        properties: {
          event: { type: 'string', const: 'error' },
          data: { $ref: reference('Error') },
        },
        required: ['event', 'data'],
      },
    ],
  }
}

/** What a stream answers with. OpenAPI 3.1 has no word for a sequence: the schema of the text has it. */
export function streamResponse(event: string): JsonObject {
  return {
    description: [
      'Server-sent events. Each has one frame as JSON in its `data`; events that move the position have',
      'it as `id`, a cursor. A request that repeats the first one with the header `Last-Event-ID` goes on',
      'strictly after it. An event named `error` is the last one. The normal end is a frame of the type',
      '`end`, after which the answer ends; an answer that ends without one was cut off: ask again.',
      'Comments may come at any time.',
    ].join(' '),
    content: {
      'text/event-stream': {
        schema: {
          type: 'string',
          contentMediaType: 'text/event-stream',
          contentSchema: { type: 'array', items: { $ref: reference(event) } },
        },
      },
    },
  }
}

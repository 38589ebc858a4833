import { type JsonObject, reference } from './schemas.ts'

const tags = ['attachments']
const sessionId = {
  name: 'sessionId',
  in: 'path',
  required: true,
  schema: { $ref: reference('Id') },
}
const bytes = { schema: { type: 'string', contentMediaType: 'application/octet-stream' } }

const refused = {
  description: 'Refused, or failed.',
  content: { 'application/json': { schema: { $ref: reference('AttachmentError') } } },
}
const refusals = { '4XX': refused, '5XX': refused }

/** The requests that carry files: they are at the chat server's own path, and their answers have an envelope. */
export function attachmentPaths(path: string): Record<string, JsonObject> {
  return {
    [`${path}/{sessionId}`]: {
      post: {
        operationId: 'attachments.upload',
        tags,
        summary: 'Upload a file for a part of a prompt',
        description: 'The members of the session may call it. `content-type` is the file’s.',
        parameters: [sessionId, { name: 'filename', in: 'query', schema: { type: 'string' } }],
        requestBody: { required: true, content: { '*/*': bytes } },
        responses: {
          200: {
            description: 'The file is kept; `url` is that of the part.',
            content: { 'application/json': { schema: { $ref: reference('UploadedAttachment') } } },
          },
          ...refusals,
        },
      },
    },
    [`${path}/{sessionId}/{id}`]: {
      get: {
        operationId: 'attachments.read',
        tags,
        summary: 'Read a file',
        description: 'The members of the session may call it.',
        parameters: [
          sessionId,
          { name: 'id', in: 'path', required: true, schema: { $ref: reference('Id') } },
          {
            name: 'range',
            in: 'header',
            description: 'One range of bytes.',
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: { description: 'The file.', content: { '*/*': bytes } },
          206: { description: 'The range of it.', content: { '*/*': bytes } },
          416: { description: 'The range is behind its end.' },
          ...refusals,
        },
      },
    },
  }
}

export const attachmentSchemas: Readonly<Record<string, JsonObject>> = {
  UploadedAttachment: {
    description: 'A file that was kept.',
    type: 'object',
    properties: {
      json: {
        type: 'object',
        properties: {
          url: { type: 'string', description: 'Relative to the server’s origin.' },
          mediaType: { type: 'string' },
          filename: { type: 'string' },
          size: { type: 'integer', minimum: 0, description: 'In bytes.' },
        },
        required: ['url', 'mediaType', 'size'],
      },
    },
    required: ['json'],
  },
  AttachmentError: {
    type: 'object',
    properties: { json: { $ref: reference('Error') } },
    required: ['json'],
  },
}

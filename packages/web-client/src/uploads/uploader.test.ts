import { expect, test } from 'vitest'

import { ChatClientError } from '../core/errors.ts'
import { uploader } from './uploader.ts'

const photo = new File(['bytes'], 'Bild 1.png', { type: 'image/png' })
const json = {
  url: '/rpc/attachments/s/a',
  mediaType: 'image/png',
  filename: 'Bild 1.png',
  size: 5,
}

function upload(answer: (request: Request) => Response | Promise<Response>, options = {}) {
  const requests: Request[] = []
  const send = uploader({
    url: 'https://chat.example/rpc?as=ada',
    sessionId: 's',
    fetch: async (request) => {
      requests.push(request)
      return answer(request)
    },
    ...options,
  })
  return { requests, send }
}

test('a file is sent as it is, to its session, and the answer is what its part needs', async () => {
  const { requests, send } = upload(() => Response.json({ json }), {
    sessionId: async () => 'made',
    headers: async () => ({ authorization: 'Bearer x' }),
  })
  expect(await send(photo)).toEqual(json)
  const [request] = requests
  expect(request!.url).toBe('https://chat.example/rpc/attachments/made?as=ada&filename=Bild+1.png')
  expect(request!.method).toBe('POST')
  expect(Object.fromEntries(request!.headers)).toMatchObject({
    authorization: 'Bearer x',
    'caughtup-protocol': '1',
    'content-type': 'image/png',
  })
  expect(await request!.text()).toBe('bytes')
})

test('a file without a type and a name is sent as bytes', async () => {
  const { requests, send } = upload(() => Response.json({ json }))
  await send(new File(['x'], ''))
  expect(requests[0]!.url).toBe('https://chat.example/rpc/attachments/s?as=ada')
  expect(requests[0]!.headers.get('content-type')).toBe('application/octet-stream')
})

test('a refusal of the server has its code, message and data', async () => {
  const error = {
    defined: true,
    code: 'TOO_LARGE',
    status: 413,
    message: 'The file has 9 bytes or more; at most 5 are allowed.',
    data: { field: 'body', value: '9', limit: 5 },
  }
  const { send } = upload(() => Response.json({ json: error }, { status: 413 }))
  const failed = await send(photo).catch((reason: unknown) => reason)
  expect(failed).toBeInstanceOf(ChatClientError)
  expect(failed).toMatchObject({ code: 'TOO_LARGE', message: error.message, data: error.data })
})

test.each([
  ['the page of a proxy', () => new Response('<html>Bad gateway', { status: 502 }), 'UNAVAILABLE'],
  ['a bare 413', () => new Response('', { status: 413 }), 'TOO_LARGE'],
  ['a page in place of the answer', () => new Response('<html>Hello'), 'UNAVAILABLE'],
  ['another JSON', () => Response.json({ json: { ok: true } }), 'UNAVAILABLE'],
  ['no answer', () => Promise.reject(new TypeError('Failed to fetch')), 'NETWORK'],
])('%s is an error of its own', async (_, answer, code) => {
  const { send } = upload(answer)
  await expect(send(photo)).rejects.toMatchObject({ name: 'ChatClientError', code })
})

test('an aborted upload rejects with the reason of its signal', async () => {
  const gone = new AbortController()
  const { send } = upload(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        gone.abort(new Error('removed'))
      }),
  )
  await expect(send(photo, { signal: gone.signal })).rejects.toThrow('removed')
  const { requests, send: again } = upload(() => Response.json({ json }))
  await expect(again(photo, { signal: gone.signal })).rejects.toThrow('removed')
  expect(requests).toEqual([])
})

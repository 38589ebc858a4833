import { expect, test } from 'vitest'

import type { Upload } from './attachment.ts'
import { AttachmentTray } from './attachment-tray.ts'

const file = (name: string, size = 1) =>
  new File([new Uint8Array(size)], name, { type: 'text/plain' })
const states = (tray: AttachmentTray) =>
  tray.getSnapshot().attachments.map(({ file: { name }, state }) => `${name} ${state}`)

/** A place for files whose uploads a test ends. */
function uploads() {
  const begun: (PromiseWithResolvers<void> & { name: string; signal: AbortSignal })[] = []
  const upload: Upload = async ({ name, type }, { signal }) => {
    const ends = Promise.withResolvers<void>()
    begun.push({ name, signal, ...ends })
    await ends.promise
    return { url: `/files/${name}`, mediaType: type, filename: name }
  }
  return { begun, upload }
}

/** Resolves when what the tray has fulfils a condition. */
function until(tray: AttachmentTray, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const leave = tray.subscribe(() => {
      if (condition()) {
        leave()
        resolve()
      }
    })
  })
}

test('a file is uploading, then ready with its part', async () => {
  const tray = new AttachmentTray()
  const { begun, upload } = uploads()
  tray.add([file('a'), file('b')], { upload, limits: {} })
  expect(states(tray)).toEqual(['a uploading', 'b uploading'])
  begun[1]!.resolve()
  await until(tray, () => states(tray)[1] === 'b ready')
  expect(states(tray)).toEqual(['a uploading', 'b ready'])
  expect(tray.getSnapshot().attachments[1]).toMatchObject({
    part: { type: 'file', url: '/files/b', mediaType: 'text/plain', filename: 'b' },
  })
})

test('one that failed says why, and is uploaded again', async () => {
  const tray = new AttachmentTray()
  const { begun, upload } = uploads()
  const attaching = { upload, limits: {} }
  tray.add([file('a')], attaching)
  begun[0]!.reject(new Error('No room'))
  await until(tray, () => states(tray)[0] === 'a failed')
  const [failed] = tray.getSnapshot().attachments
  expect(failed).toMatchObject({ error: 'No room' })
  tray.retry(failed!.id, attaching)
  expect(states(tray)).toEqual(['a uploading'])
  begun[1]!.resolve()
  await until(tray, () => states(tray)[0] === 'a ready')
  tray.retry(failed!.id, attaching)
  expect(begun).toHaveLength(2)
})

test('what is removed is aborted, and does not come back', async () => {
  const tray = new AttachmentTray()
  const { begun, upload } = uploads()
  tray.add([file('a'), file('b'), file('c')], { upload, limits: {} })
  tray.remove(tray.getSnapshot().attachments[0]!.id)
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, false, false])
  begun[0]!.resolve()
  begun[1]!.resolve()
  await until(tray, () => states(tray).includes('b ready'))
  expect(states(tray)).toEqual(['b ready', 'c uploading'])
  tray.clear()
  expect(begun[2]!.signal.aborted).toBe(true)
  expect(tray.getSnapshot()).toEqual({ attachments: [], refusals: [] })
})

test('what is refused is not attached and not uploaded; the reasons are those of the last attempt', () => {
  const tray = new AttachmentTray()
  const { begun, upload } = uploads()
  const attaching = { upload, limits: { maxBytes: 10, maxTotalBytes: 15, maxFiles: 2 } }
  tray.add([file('a', 11), file('b', 10), file('c', 10), file('d'), file('e')], attaching)
  expect(states(tray)).toEqual(['b uploading', 'd uploading'])
  expect(begun.map(({ name }) => name)).toEqual(['b', 'd'])
  const reasons = () => tray.getSnapshot().refusals.map((one) => [one.filename, one.reason])
  expect(reasons()).toEqual([
    ['a', 'bytes'],
    ['c', 'total-bytes'],
    ['e', 'files'],
  ])
  tray.remove(tray.getSnapshot().attachments[0]!.id)
  expect(reasons()).toEqual([])
  tray.add([file('c', 10)], attaching)
  expect(states(tray)).toEqual(['d uploading', 'c uploading'])
})

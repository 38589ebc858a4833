import type { Refusal } from '../attachments/attachment.ts'

/** What the composer says. */
export const composerTexts = {
  field: 'Message',
  placeholder: (streaming: boolean): string =>
    streaming ? 'Write the next prompt' : 'Write a message',
  send: 'Send',
  /** The hint of the button, by what comes of the prompt. */
  sendHint: (as: 'prompt' | 'queued' | 'waits-for-files'): string =>
    ({
      prompt: 'Send (Enter)',
      queued: 'Add to the queue (Enter)',
      'waits-for-files': 'Can be sent when the files are uploaded, or removed',
    })[as],
  steer: 'Offer it to the answer that is being written (Ctrl+Enter)',
  stop: 'Stop',
  stopHint: 'Stop the answer',
  attach: 'Attach files',
  files: 'Files',
  attached: 'Attached',
  uploading: 'Uploading…',
  notUploaded: (reason: string) => `Not uploaded: ${reason}`,
  retryUpload: (filename: string) => `Upload ${filename} again`,
  removeFile: (filename: string) => `Remove ${filename}`,
  refused: (refusal: Refusal): string => {
    const { filename, reason } = refusal
    switch (reason) {
      case 'type':
        return refusal.accept === 'image/*'
          ? `${filename} is not an image.`
          : `${filename} is ${refusal.mediaType || 'of an unknown type'}; a file may be ${refusal.accept}.`
      case 'bytes':
        return `${filename} has ${byteSize(refusal.bytes)}; a file may have ${byteSize(refusal.limit)}.`
      case 'total-bytes':
        return `${filename} has ${byteSize(refusal.bytes)}; with the others that is more than ${byteSize(refusal.limit)}.`
      case 'files':
        return `${filename} is one too many; a prompt may have ${refusal.limit} files.`
    }
  },
}

/** Bytes in decimal units: `512 B`, `14.2 kB`, `3.1 MB`. */
function byteSize(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

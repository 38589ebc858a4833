import { embedFile, shrinkImage, type Upload } from '@caughtup/react-ui'
import { uploader } from '@caughtup/web-client'

import { byteSize } from '../../../shared/byte-size.ts'
import { mostFileBytes } from '../../../shared/file-limits.ts'
import { asPagePrincipal } from '../client/demo-client.ts'
import { gatedFetch } from '../client/gated-transport.ts'
import type { NetworkSwitch } from '../client/network-switch.ts'

/** Images of this size at most go along in the prompt: a request of their own would cost more. */
const inlineBytes = 32_000

/** Makes images smaller, and gives `store` what is too large to be in the prompt. */
export function fileUpload(store: Upload): Upload {
  return async (file, options) => {
    const taken = await shrinkImage(file)
    options.signal.throwIfAborted()
    if (taken.size > mostFileBytes) {
      throw new Error(
        `${file.name} has ${byteSize(taken.size)}; a file may have ${byteSize(mostFileBytes)}.`,
      )
    }
    const isSmall = taken.type.startsWith('image/') && taken.size <= inlineBytes
    return isSmall ? embedFile(taken, options) : store(taken, options)
  }
}

/** Stores files at the server of this page, for one chat. */
export function chatFiles(sessionId: string, network: NetworkSwitch): Upload {
  return uploader({ url: asPagePrincipal('/rpc'), sessionId, fetch: gatedFetch(network) })
}

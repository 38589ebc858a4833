import path from 'node:path'

import type { NextConfig } from 'next'

const config: NextConfig = {
  // The packages lie a folder above in this repository; an application of its own needs no setting.
  turbopack: { root: path.join(import.meta.dirname, '..') },
}

export default config

import path from 'node:path'

import type { NextConfig } from 'next'

const config: NextConfig = {
  // Here the packages are installed one folder above; an application of your own needs no setting.
  turbopack: { root: path.join(import.meta.dirname, '..') },
}

export default config

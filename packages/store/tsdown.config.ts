import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/bin/caughtup.ts',
    'src/engine/index.ts',
    'src/index.ts',
    'src/memory/index.ts',
    'src/sqlite/index.ts',
    'src/testing/index.ts',
    'src/transcripts/index.ts',
  ],
  platform: 'node',
  target: 'node24',
  dts: true,
  fixedExtension: true,
})

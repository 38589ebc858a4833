import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/engine.ts',
    'src/index.ts',
    'src/bus/redis/index.ts',
    'src/engines/memory/index.ts',
    'src/engines/postgres/index.ts',
    'src/engines/rows/index.ts',
    'src/engines/sqlite/index.ts',
    'src/conformance/index.ts',
  ],
  platform: 'node',
  target: 'node24',
  dts: true,
  fixedExtension: true,
})

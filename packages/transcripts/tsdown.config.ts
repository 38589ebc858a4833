import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/bin/caughtup.ts', 'src/index.ts'],
  platform: 'node',
  target: 'node24',
  dts: true,
  fixedExtension: true,
})

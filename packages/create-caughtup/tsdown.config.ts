import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/create-caughtup.ts'],
  platform: 'node',
  target: 'node20',
  dts: false,
  fixedExtension: true,
})

import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts', 'src/node.ts'],
  platform: 'node',
  target: 'node24',
  dts: true,
  fixedExtension: true,
  sourcemap: true,
})

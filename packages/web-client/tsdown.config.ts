import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    devtools: 'src/devtools/index.ts',
    'devtools-react': 'src/devtools/react.tsx',
    react: 'src/bindings/react.ts',
  },
  platform: 'browser',
  target: 'es2022',
  dts: true,
  fixedExtension: true,
})

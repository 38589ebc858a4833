import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'ai-sdk': 'src/ai-sdk/index.ts',
    'ai-sdk-react': 'src/ai-sdk/react/index.ts',
    'assistant-ui': 'src/bindings/assistant-ui.ts',
    devtools: 'src/devtools/index.ts',
    'devtools-react': 'src/devtools/react.tsx',
    'indexed-db': 'src/indexed-db/index.ts',
    react: 'src/bindings/react.ts',
    solid: 'src/bindings/solid.ts',
    svelte: 'src/bindings/svelte.ts',
    testing: 'src/testing/index.ts',
    vue: 'src/bindings/vue.ts',
  },
  platform: 'browser',
  target: 'es2022',
  dts: true,
  fixedExtension: true,
})

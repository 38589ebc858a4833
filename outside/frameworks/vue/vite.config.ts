import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [vue()],
  // The page and the server are one origin, as they will be later.
  server: { proxy: { '/rpc': { target: 'http://127.0.0.1:4000', ws: true } } },
})

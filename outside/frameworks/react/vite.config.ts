import { defineConfig } from 'vite'

export default defineConfig({
  // The page and the server are one origin, as they will be later.
  server: { proxy: { '/rpc': { target: 'http://127.0.0.1:4000', ws: true } } },
})

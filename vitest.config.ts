import { defineConfig } from 'vitest/config'
import { defines } from './tools/build/profiles.js'

export default defineConfig({
  // Source tests see every feature; what a profile leaves out is tested on the compiled bundles.
  define: defines('full'),
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 60_000
  }
})

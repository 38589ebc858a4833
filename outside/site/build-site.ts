// Builds the site into `dist/`: the documents, the reference, and an index for its search.
import path from 'node:path'

import { build } from 'vitepress'

import { makeLlmsText } from './make-llms-text.ts'
import { makePages } from './make-pages.ts'
import { makeReference } from './make-reference.ts'

export const siteFolder = path.join(import.meta.dirname, 'dist')

/** @throws Error for a document without a place, and for links that lead nowhere */
async function buildSite(): Promise<void> {
  makePages()
  makeReference()
  makeLlmsText()
  await build(import.meta.dirname, { outDir: siteFolder })
}

if (process.argv[1] === import.meta.filename) await buildSite()

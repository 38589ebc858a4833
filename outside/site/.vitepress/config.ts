import { readFileSync } from 'node:fs'
import path from 'node:path'

import { defineConfig } from 'vitepress'

import { referencePages } from '../make-reference.ts'
import { sections } from '../site-pages.ts'

export default defineConfig({
  title: 'Caughtup',
  description: 'The durable session layer for AI chats and agents that a team hosts itself.',
  lang: 'en',
  // Not imported by the theme: with this many pages the bundler loses what a theme imports.
  head: [['style', {}, readFileSync(path.join(import.meta.dirname, 'theme/pages.css'), 'utf8')]],
  srcDir: 'pages',
  cleanUrls: true,
  // A link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  markdown: {
    languageAlias: { ws: 'http' },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: githubSlug },
    config(markdown) {
      const fence = markdown.renderer.rules.fence
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index] ?? {}
        if (info !== 'mermaid' || content === undefined)
          return fence?.(tokens, index, ...rest) ?? ''
        return `<pre class="diagram" v-pre>${markdown.utils.escapeHtml(content)}</pre>`
      }
      // Braces in code are text, not Vue's.
      markdown.renderer.rules.code_inline = (tokens, index) =>
        `<code v-pre>${markdown.utils.escapeHtml(tokens[index]?.content ?? '')}</code>`
    },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'API', link: '/api/server' },
      { text: 'Protocol', link: '/protocol' },
      { text: 'Guarantees', link: '/guarantees' },
    ],
    sidebar: [
      ...sections.map(({ title, pages }) => ({
        text: title,
        items: pages.map((page) => ({ text: page.title, link: `/${page.path}` })),
      })),
      {
        text: 'API',
        collapsed: true,
        items: referencePages.map(({ name, path }) => ({
          text: name.replace('@caughtup/', ''),
          link: `/${path}`,
        })),
      },
    ],
    outline: [2, 3],
    search: {
      provider: 'local',
      // Its text goes to the page, so it uses nothing from outside. What tells how to do something comes before lists of all there is.
      options: {
        miniSearch: {
          searchOptions: {
            boostDocument: (id: string) =>
              /^\/(?:api\/|protocol|guarantees|settings|results|long-tests)/.test(id) ? 0.1 : 1,
          },
        },
      },
    },
  },
})

/** The anchors of headings as GitHub makes them, so that links work there and here. */
function githubSlug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

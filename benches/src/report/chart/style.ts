/** Colours that keep apart from each other and from the ground, in light and in dark mode. */
const colors = {
  ours: ['#d6336c', '#ff6b9d'],
  peer1: ['#495057', '#ced4da'],
  peer2: ['#1971c2', '#4dabf7'],
  peer3: ['#2b8a3e', '#69db7c'],
  peer4: ['#e67700', '#ffd43b'],
  peer5: ['#7048e8', '#b197fc'],
  peer6: ['#0b7285', '#3bc9db'],
  peer7: ['#8d5524', '#d9a066'],
} as const

/** Its own ground, so that it is readable on a page in either mode. */
export const style = [
  "text { font: 12px system-ui, 'Segoe UI', sans-serif }",
  'text.title { font-size: 15px; font-weight: 600 }',
  'text.figure { font-size: 10px }',
  '.spread { stroke-width: 1 }',
  '.line { fill: none; stroke-width: 2 }',
  ...mode({ ground: '#ffffff', text: '#212529', grid: '#dee2e6' }, 0),
  '@media (prefers-color-scheme: dark) {',
  ...mode({ ground: '#0d1117', text: '#e6edf3', grid: '#30363d' }, 1),
  '}',
].join('\n')

function mode(
  { ground, text, grid }: Record<'ground' | 'text' | 'grid', string>,
  which: 0 | 1,
): string[] {
  return [
    `.ground { fill: ${ground} }`,
    `text { fill: ${text} }`,
    `.grid { stroke: ${grid} }`,
    `.spread { stroke: ${text} }`,
    ...Object.entries(colors).flatMap(([name, pair]) => [
      `.fill.${name} { fill: ${pair[which]} }`,
      `.line.${name} { stroke: ${pair[which]} }`,
    ]),
  ]
}

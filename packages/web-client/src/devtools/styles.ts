/** In the devtools' shadow root, so that page and devtools leave each other's looks alone. */
export const styles = `
:host { display: block; font: 12px/1.45 ui-monospace, Menlo, Consolas, monospace; color: inherit; }
section { display: flex; flex-direction: column; gap: 8px; }
.bar { display: flex; flex-wrap: wrap; gap: 6px; }
button, select { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor;
  border-radius: 6px; padding: 2px 8px; cursor: pointer; }
button[aria-pressed=true] { background: color-mix(in srgb, currentColor 18%, transparent); }
button:focus-visible, select:focus-visible, summary:focus-visible, .log:focus-visible { outline: 2px solid; outline-offset: 1px; }
option { color: initial; }
.figures { margin: 0; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; padding: 2px 8px 2px 0; vertical-align: baseline; font-weight: normal; white-space: nowrap; }
th { border-bottom: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.live::before { content: '● '; color: light-dark(#16794c, #5ad19a); }
.failed::before, .ended::before { content: '■ '; color: light-dark(#b3261e, #f2877d); }
.waiting::before, .offline::before, .connecting::before { content: '○ '; }
.log { list-style: none; margin: 0; padding: 0; max-height: 24em; overflow: auto; }
.log li { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); padding: 1px 0; }
summary { cursor: pointer; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
time { opacity: .75; }
.call { font-weight: bold; }
.error { color: light-dark(#b3261e, #f2877d); }
pre { margin: 0 0 4px 12px; max-height: 20em; overflow: auto; }
`

import type { Chart, Column } from '../../measure/bench.ts'
import { formatted } from '../table.ts'
import type { Spread, SummaryRow } from '../summary.ts'
import { linear, logarithmic, type Scale } from './scale.ts'
import { plotOf, type Series } from './series.ts'
import { style } from './style.ts'

const size = { width: 760, height: 420 }
const area = { left: 74, right: 744, bottom: 360 }
const legendLine = 20
/** About the width of a letter, which nothing can measure here. */
const letter = 6.6

/** A chart as SVG: medians as bars or lines, with a whisker from the least to the most. */
export function renderChart(
  chart: Chart,
  columns: readonly Column[],
  rows: readonly SummaryRow[],
): string {
  const { places, series } = plotOf(chart, rows)
  const titleOf = (key: string) => columns.find((column) => column.key === key)?.title ?? key
  const figures = series.flatMap(({ points }) => points.map(({ figure }) => figure))
  const scale = (chart.log ? logarithmic : linear)(
    figures.flatMap(({ least, most }) => [least, most]),
  )
  const keys = legend(series)
  const top = 48 + keys.lines * legendLine
  const band = (area.right - area.left) / Math.max(1, places.length)
  const frame: Frame = {
    middleOf: (place) => area.left + (place + 0.5) * band,
    band,
    y: (value) => area.bottom - scale.height(value) * (area.bottom - top),
  }
  const draw = chart.kind === 'bars' ? bars : lines
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(chart.title)}">`,
    `<style>\n${style}\n</style>`,
    `<rect class="ground" width="${size.width}" height="${size.height}"/>`,
    text(chart.title, area.left, 24, 'class="title"'),
    ...keys.marks,
    ...grid(scale, frame),
    ...places.map((place, index) =>
      text(place, frame.middleOf(index), area.bottom + 18, 'text-anchor="middle"'),
    ),
    text(titleOf(chart.x), (area.left + area.right) / 2, area.bottom + 44, 'text-anchor="middle"'),
    text(
      titleOf(chart.y) + (chart.log ? ' (logarithmic)' : ''),
      0,
      0,
      `text-anchor="middle" transform="translate(16 ${(top + area.bottom) / 2}) rotate(-90)"`,
    ),
    ...draw(series, frame),
    '</svg>\n',
  ].join('\n')
}

interface Frame {
  /** The middle of a place on the x axis. */
  middleOf: (place: number) => number
  /** The width of a place. */
  band: number
  y: (value: number) => number
}

function grid(scale: Scale, { y }: Frame): string[] {
  return scale.ticks.flatMap((tick) => [
    `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>`,
    text(short(tick), area.left - 8, y(tick) + 4, 'text-anchor="end"'),
  ])
}

function bars(series: readonly Series[], { middleOf, band, y }: Frame): string[] {
  const marks = series.flatMap(({ color, points }) => points.map((point) => ({ color, ...point })))
  const groups = [...Map.groupBy(marks, ({ place }) => place)]
  const most = Math.max(1, ...groups.map(([, group]) => group.length))
  const width = Math.min(56, (band * 0.84) / most)
  return groups.flatMap(([place, group]) =>
    group.flatMap(({ color, figure }, index) => {
      const left = middleOf(place) + (index - group.length / 2) * width
      const [top, middle] = [y(figure.median), left + width / 2]
      return [
        `<rect class="fill ${color}" x="${at(left + 1)}" y="${at(top)}" width="${at(width - 2)}" height="${at(area.bottom - top)}"/>`,
        whisker(middle, figure, y),
        text(
          short(figure.median),
          middle,
          y(figure.most) - 5,
          'class="figure" text-anchor="middle"',
        ),
      ]
    }),
  )
}

function lines(series: readonly Series[], { middleOf, y }: Frame): string[] {
  return series.flatMap(({ color, points }) => [
    `<polyline class="line ${color}" points="${points
      .map(({ place, figure }) => `${at(middleOf(place))},${at(y(figure.median))}`)
      .join(' ')}"/>`,
    ...points.flatMap(({ place, figure }) => [
      whisker(middleOf(place), figure, y),
      `<circle class="fill ${color}" cx="${at(middleOf(place))}" cy="${at(y(figure.median))}" r="4"/>`,
    ]),
  ])
}

function whisker(x: number, { least, most }: Spread, y: Frame['y']): string {
  return `<line class="spread" x1="${at(x)}" x2="${at(x)}" y1="${at(y(least))}" y2="${at(y(most))}"/>`
}

/** A square and a name for each series, in as many lines as they need. */
function legend(series: readonly Series[]): { lines: number; marks: string[] } {
  let [x, line] = [area.left, 0]
  const marks = series.map(({ name, color }) => {
    const width = 30 + name.length * letter
    if (x + width > area.right && x > area.left) [x, line] = [area.left, line + 1]
    const y = 42 + line * legendLine
    const mark = `<rect class="fill ${color}" x="${at(x)}" y="${y}" width="12" height="12"/>${text(name, x + 17, y + 10)}`
    x += width
    return mark
  })
  return { lines: line + 1, marks }
}

function text(content: string, x: number, y: number, attributes = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(content)}</text>`
}

/** A figure with as many digits as a glance takes in. */
function short(value: number): string {
  if (value === 0) return '0'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return formatted(value, digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}

/** A coordinate. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

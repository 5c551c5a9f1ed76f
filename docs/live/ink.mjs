// What both pages know of ink: curves through points, as `Ink.svg` draws them, and a picture to take away.

const SVG = 'http://www.w3.org/2000/svg'

export function element(name, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, name)
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v)
  e.append(...children)
  return e
}

const short = v => String(Math.round(v * 100) / 100)

/** Path data of a stroke [[x, y], …]: a smooth curve through its points (`handles` in the chapter on ink). */
export function path(s) {
  if (!s.length) return ''
  const start = `M${short(s[0][0])} ${short(s[0][1])}`
  if (s.length === 1) return start + 'h0'
  const steps = s.slice(1).map(([x, y], i) => [x - s[i][0], y - s[i][1]])
  const size = steps.map(([x, y]) => Math.hypot(x, y))
  const way = steps.map(([x, y], i) => [x / (size[i] || 1), y / (size[i] || 1)])
  const turn = s.map((_, i) => {
    const a = way[Math.max(i - 1, 0)], b = way[Math.min(i, way.length - 1)]
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  })
  return start + 'C' + steps.map((_, i) => [
    s[i][0] + turn[i][0] * size[i] / 3, s[i][1] + turn[i][1] * size[i] / 3,
    s[i + 1][0] - turn[i + 1][0] * size[i] / 3, s[i + 1][1] - turn[i + 1][1] * size[i] / 3, ...s[i + 1],
  ].map(short).join(' ')).join(' ')
}

const median = a => a.length ? a.toSorted((p, q) => p - q)[a.length >> 1] : 0

/** Median height of the strokes of five points and more. */
export function height(strokes) {
  const heights = strokes.filter(s => s.length > 4).map(s => Math.max(...s.map(p => p[1])) - Math.min(...s.map(p => p[1])))
  return median(heights) || 4
}

/** How much a line of writing climbs (negative) or falls; 0 where it is too short or too steep to say. */
export function tilt(strokes) {
  const p = strokes.flat(), n = p.length
  if (!n) return 0
  const mx = p.reduce((a, q) => a + q[0], 0) / n, my = p.reduce((a, q) => a + q[1], 0) / n
  let xy = 0, xx = 0
  for (const [x, y] of p) { xy += (x - mx) * (y - my); xx += (x - mx) ** 2 }
  const k = xy / Math.max(xx, 1e-9), xs = p.map(q => q[0])
  return Math.max(...xs) - Math.min(...xs) < 8 * height(strokes) || Math.abs(k) > .3 ? 0 : k
}

/** The y on which the letters stand: the median of the places where the pen turns from down to up. */
export function baseline(strokes) {
  const low = []
  for (const s of strokes) s.forEach(([, y], i) => {
    if (y >= (s[i - 1]?.[1] ?? -Infinity) && y > (s[i + 1]?.[1] ?? -Infinity)) low.push(y)
  })
  return median(low)
}

/** The file of a drawing: strokes in the order of writing, black on nothing. */
export function svg(strokes, pen, title) {
  const p = strokes.flat(), xs = p.map(q => q[0]), ys = p.map(q => q[1]), m = 2
  const [x, y] = [Math.min(...xs) - m, Math.min(...ys) - m]
  const [w, h] = [Math.max(...xs) + m - x, Math.max(...ys) + m - y]
  const drawing = element('svg', { xmlns: SVG, 'data-ink': 1, width: short(w * 8), height: short(h * 8), viewBox: [x, y, w, h].map(short).join(' ') })
  const name = element('title'); name.textContent = title
  const g = element('g', { fill: 'none', stroke: 'black', 'stroke-width': pen, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' })
  g.append(...strokes.map(s => element('path', { d: path(s) })))
  drawing.append(name, g)
  return new XMLSerializer().serializeToString(drawing)
}

/** Hand a file to the reader. */
export function download(name, text) {
  const a = document.createElement('a')
  a.href = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(a.href), 1000)
}

/** Does the reader want things to move? */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches

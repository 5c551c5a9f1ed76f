// The distance line of the book (`lines.distance_lines`, join='max'), with its derivative, for one picture.
import { SIDE } from './picture.mjs'

/** Segments [from, to] of strokes, as indices of their points; a stroke of one point is a dot. A stroke begins with a dot, as in `tracer._joined`. */
function segments(strokes) {
  const found = []
  let at = 0
  for (const s of strokes) for (let i = 0; i < s.length; i++, at++) found.push([i ? at - 1 : at, at])
  return found
}

/** The drawing, and for each pixel which segment is on top, where along it, and how far it is away */
function drawing(points, pairs) {
  const n = SIDE * SIDE, near = new Float32Array(n).fill(Infinity), top = new Int32Array(n), along = new Float32Array(n)
  pairs.forEach(([a, b], k) => {
    const [ax, ay] = points[a], dx = points[b][0] - ax, dy = points[b][1] - ay, long = dx * dx + dy * dy
    for (let i = 0; i < n; i++) {
      const px = i % SIDE - ax, py = (i / SIDE | 0) - ay
      const t = long < 1e-12 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / long)), far = (px - t * dx) ** 2 + (py - t * dy) ** 2
      if (far <= near[i]) { near[i] = far; top[i] = k; along[i] = t }
    }
  })
  return { near, top, along }
}

/** Where strokes come no nearer than `reach` pixels to the ink of a thin picture */
export function leftOut(thin, strokes, reach = 2) {
  const { near } = drawing(strokes.flat(), segments(strokes))
  return thin.map((v, i) => v && !(near[i] < reach * reach) ? 1 : 0)
}

const bend = (p, i) => [0, 1].map(k => p[i + 1][k] - 2 * p[i][k] + p[i - 1][k])

/** The strokes, moved onto the thin ink by Adam (`tracer.polished`): a generator that gives them after each step. */
export function* polished(strokes, thin, { steps = 20, rate = .2, stiff = .05, missing = 2 } = {}) {
  const points = strokes.flat().map(p => [...p]), pairs = segments(strokes), m = points.map(() => [0, 0]), v = points.map(() => [0, 0])
  const inner = [], sharp = 4 * Math.LN2
  let from = 0
  for (const s of strokes) { for (let i = 1; i < s.length - 1; i++) inner.push(from + i); from += s.length }
  const own = inner.map(i => bend(points, i))
  for (let step = 0; step < steps; step++) {
    const { near, top, along } = drawing(points, pairs), pull = points.map(() => [0, 0])
    for (let i = 0; i < thin.length; i++) {
      const ink = Math.exp(-sharp * near[i])
      if (ink < 1e-12) continue
      const [a, b] = pairs[top[i]], t = along[i], g = 2 * (1 + (missing - 1) * thin[i]) * (ink - thin[i]) * ink * 2 * sharp, at = [i % SIDE, i / SIDE | 0]
      for (const k of [0, 1]) {
        const r = g * (at[k] - (1 - t) * points[a][k] - t * points[b][k])
        pull[a][k] += (1 - t) * r; pull[b][k] += t * r
      }
    }
    inner.forEach((i, j) => {
      const d = bend(points, i)
      for (const k of [0, 1]) { const r = 2 * stiff * (d[k] - own[j][k]); pull[i - 1][k] += r; pull[i][k] -= 2 * r; pull[i + 1][k] += r }
    })
    const lr = rate * (.55 + .45 * Math.cos(Math.PI * step / steps)), c1 = 1 - .8 ** (step + 1), c2 = 1 - .95 ** (step + 1)
    points.forEach((p, i) => {
      for (const k of [0, 1]) {
        m[i][k] = .8 * m[i][k] + .2 * pull[i][k]; v[i][k] = .95 * v[i][k] + .05 * pull[i][k] ** 2
        p[k] -= lr * m[i][k] / c1 / (Math.sqrt(v[i][k] / c2) + 1e-8)
      }
    })
    const held = points.map(p => p.map(x => Math.min(SIDE - .5, Math.max(-.5, x))))
    let at = 0
    yield strokes.map(s => held.slice(at, at += s.length))
  }
}

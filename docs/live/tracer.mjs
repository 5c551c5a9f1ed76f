// The tracer without Python: the loop of `handwriting_nb.tracer` around the two files that `handwriting_nb.browser` has written.
import { floats, session } from './onnx.mjs'
import { fetched } from './runtime.mjs'
import { leftOut, polished } from './lines.mjs'
import { SIDE, thinned } from './picture.mjs'

const DRAW = 0, JUMP = 1, STOP = 2, LONGEST = 80, N = SIDE * SIDE
const clamp = (x, low, high) => Math.min(high, Math.max(low, x))
const best = a => a.indexOf(Math.max(...a))

/** Ink where the pen is: 1 in the middle, a half at 1.5 pixels from it. What was drawn stays. */
function marked(done, [x, y]) {
  return done.map((v, i) => Math.max(v, Math.min(1, 1.5 * Math.exp(-((i % SIDE - x) ** 2 + ((i / SIDE | 0) - y) ** 2) / 2))))
}

/** Where a jump goes: the mean of the nine best-placed pixels */
function land(scores) {
  const top = best(scores), near = []
  for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) near.push([clamp(top % SIDE + dx, 0, SIDE - 1), clamp((top / SIDE | 0) + dy, 0, SIDE - 1)])
  const w = near.map(([x, y]) => Math.exp(scores[y * SIDE + x] - scores[top])), sum = w.reduce((a, b) => a + b)
  return [0, 1].map(k => near.reduce((a, p, i) => a + w[i] * p[k], 0) / sum)
}

export class Tracer {
  static async load() {
    const [about, eye, hand] = await Promise.all([fetched('tracer.json', 'json'), session('eye.onnx'), session('hand.onnx')])
    return Object.assign(new Tracer(), { about, eye, hand })
  }

  /** Strokes of a picture (Float32Array of 28 × 28): lists of [x, y]. Nothing where there is no ink. */
  async strokes(image) {
    if (Math.max(...image) <= .1) return []
    const H = this.about.hidden, picture = floats(image, 1, 1, SIDE, SIDE), { features, gist, keys } = await this.eye.run({ picture })
    let at = [(SIDE - 1) / 2, (SIDE - 1) / 2], move = [0, 0], drew = 0, done = new Float32Array(N), h = floats(new Float32Array(H), 1, H), c = h
    const strokes = []
    for (let t = 0; t < LONGEST; t++) {
      const out = await this.hand.run({ picture, features, gist, keys, done: floats(done, 1, 1, SIDE, SIDE), at: floats(at, 1, 2), move: floats(move, 1, 2), drew: floats([drew], 1, 1), h, c })
      const act = out.act.data, kind = t ? best(act.slice(0, 3)) : JUMP
      if (kind === STOP) break
      const to = (kind === JUMP ? land(out.finger.data) : [at[0] + 2 * act[3], at[1] + 2 * act[4]]).map(v => clamp(v, -.5, SIDE - .5))
      if (kind === JUMP) strokes.push([])
      strokes.at(-1).push(to)
      done = marked(done, to); move = [to[0] - at[0], to[1] - at[1]]; drew = kind === DRAW ? 1 : 0; at = to; h = out.h_out; c = out.c_out
    }
    return strokes
  }

  /** All that `Tracer.__call__` does with a framed picture: the better of two tracings, what it leaves out, and after it the steps that move it onto the ink */
  async trace(picture) {
    const thin = thinned(picture), left = s => leftOut(thin, s), count = m => m.reduce((a, b) => a + b, 0)
    const both = [await this.strokes(picture), await this.strokes(thin)], misses = both.map(s => count(left(s)))
    const strokes = both[misses[1] < misses[0] ? 1 : 0], still = left(strokes)
    const whole = count(still) > 3 ? [...strokes, ...await this.strokes(still)] : strokes
    return { thin, strokes: whole, moved: whole.length ? [...polished(whole, thin)] : [] }
  }
}

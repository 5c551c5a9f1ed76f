// The writer without Python: the loop of `handwriting_nb.sampling` around the file that `handwriting_nb.browser` has written.
import { bytes, filled, floats, session } from './onnx.mjs'
import { fetched } from './runtime.mjs'

const CHUNK = 16          // points a call; a quarter of them until there is ink to show
const LIMIT = 30          // points a character, at the most

/** Random numbers from a seed: uniform by sfc32, normal by Box and Muller. */
export class Noise {
  constructor(seed, line = 0) {
    this.s = Uint32Array.of(seed, line, 0x9e3779b9, 1)
    for (let i = 0; i < 20; i++) this.uniform()
  }
  uniform() {
    const s = this.s, t = (s[0] + s[1] + s[3]++) >>> 0
    s[0] = s[1] ^ s[1] >>> 9
    s[1] = s[2] + (s[2] << 3)
    s[2] = (s[2] << 21 | s[2] >>> 11) + t
    return (t + .5) / 2 ** 32
  }
  normal() { return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform()) }
  /** n steps: n picks, n × bits tosses, n and n normal numbers */
  chunk(n, bits) {
    const out = { pick: [], toss: [], zx: [], zy: [] }
    for (let i = 0; i < n; i++) {
      out.pick.push(this.uniform())
      for (let k = 0; k < bits; k++) out.toss.push(this.uniform())
      out.zx.push(this.normal()); out.zy.push(this.normal())
    }
    return out
  }
}

/** Number of points after which a line is finished, or null if it is not, yet (`sampling.cut`). */
export function cut(looksAt, length, eos, eol, patience = 30) {
  const first = looksAt.findIndex(u => u >= length)
  if (first < 0) return null
  const done = looksAt.findIndex((u, t) => u >= length && eos[t] && (!eol || eol[t]))
  if (done >= 0) return done + 1
  if (looksAt.length < first + patience) return null
  for (let t = first + patience - 1; t >= Math.max(0, first - patience); t--) if (eos[t]) return t + 1
  return first + patience
}

/** Number of points that still belong to the prime (`sampling.entry`); null if that cannot be said, yet. */
export function entry(looksAt, skip, eos) {
  if (!skip) return 0
  const ours = looksAt.findIndex(u => u >= skip - 1)
  if (ours < 0) return null
  return eos.slice(0, ours).lastIndexOf(1) + 1
}

/** Is the last stroke one that no character asked for (`sampling.unasked`)? Then the number of points without it. */
export function trimmed(points, looksAt, length, dot = 1.5) {
  const n = points.length, k = points.slice(0, -1).findLastIndex(p => p[2]) + 1
  if (!k || looksAt[k] < length) return n
  let x = 0, y = 0
  const at = points.map(p => [x += p[0], y += p[1]]), last = at.slice(k), ys = last.map(p => p[1])
  const right = Math.min(...last.map(p => p[0])) > Math.max(...at.slice(0, k).map(p => p[0]))
  return right && Math.max(...ys) - Math.min(...ys) > dot ? k : n
}

export class Writer {
  static async load() {
    const [about, hands, step] = await Promise.all([fetched('writer.json', 'json'), fetched('hands.bin', 'arrayBuffer'), session('writer.onnx')])
    return Object.assign(new Writer(), { about, hands: new Float32Array(hands), step })
  }

  get size() { return this.about.alphabet.length + 1 }     // the characters and the end symbol

  /** Characters of a text that it cannot write */
  unknown(text) { return [...new Set([...text].filter(c => !this.about.alphabet.includes(c)))] }

  /** A style's state and the points of its prime still to be read; nothing at all for style 0 */
  hand(style) {
    const { hidden: H, layers, looks: K } = this.about, V = this.size, found = this.about.styles.find(s => s.number === style)
    const zeros = n => new Float32Array(n)
    if (!found) return { text: '', w: zeros(V), kappa: zeros(K).fill(-.5), layers: Array.from({ length: layers }, () => [zeros(H), zeros(H)]), rest: [[0, 0, 0]] }
    let at = found.at
    const take = n => this.hands.subarray(at, at += n)
    const w = take(V), kappa = take(K), states = Array.from({ length: layers }, () => [take(H), take(H)])
    return { text: found.text, w, kappa, layers: states, rest: Array.from({ length: found.rest }, () => [...take(3)]) }
  }

  /** Get ready to write `text` in a style: gives the number of characters that its prime says. */
  begin(text, style, bias) {
    const { hidden: H, looks: K, alphabet } = this.about, V = this.size, hand = this.hand(style)
    const said = hand.text + text, U = said.length + 1, onehot = new Float32Array(U * V)
    for (let u = 0; u < U; u++) onehot[u * V + (u < said.length ? alphabet.indexOf(said[u]) + 1 : 0)] = 1
    this.length = U
    this.fixed = { onehot: floats(onehot, 1, U, V), u: floats(Array.from({ length: U }, (_, u) => u), 1, 1, U),
                   bias: filled(bias, 1, 1), sharp: filled(1 + bias, 1, 1), one: filled(1, 1, 1) }
    this.state = { w: floats(hand.w, 1, V), kappa: floats(hand.kappa, 1, K, 1) }
    hand.layers.forEach(([h, c], k) => {
      this.state[`h${k}`] = bytes(h.map(v => Math.round(v * 63) + 64), 1, H)
      this.state[`c${k}`] = floats(c, 1, H)
    })
    const [first, ...rest] = hand.rest.map(p => this.wide(p))
    this.state.x = floats(first, 1, first.length); this.ahead = rest
    return hand.text.length
  }

  /** A point (dx, dy, end of stroke), in the unit of the network, as the graph takes it */
  wide(point) { return [...point, ...Array(this.about.bits - 1).fill(0), 1] }

  /** As many points as there are random numbers: rows of (dx, dy, bits), and of the window over the text. The first call goes along the rest of the prime before. */
  async run({ pick, toss, zx, zy }) {
    const bits = this.about.bits, U = this.length, m = this.ahead.length, n = m + pick.length
    const after = (a, k = 1) => [...Array(m * k).fill(0), ...a]              // what is drawn on the way along the prime does not count
    const givens = floats([...this.ahead.flat(), ...Array(pick.length * (3 + bits)).fill(NaN)], n, 1, 3 + bits)
    const tosss = floats(after(toss.map(u => Math.log(u / (1 - u))), bits), n, 1, bits)
    const out = await this.step.run({ ...this.state, ...this.fixed, givens, tosss, picks: floats(after(pick), n, 1, 1), zxs: floats(after(zx), n, 1, 1), zys: floats(after(zy), n, 1, 1) })
    for (const k in this.state) this.state[k] = out[`${k}_out`]
    this.ahead = []
    const xy = out.xy.data, b = out.bits.data, phi = out.phi.data
    const row = t => ({ point: [xy[2 * t], xy[2 * t + 1], ...b.subarray(t * bits, (t + 1) * bits)], phi: phi.slice(t * U, (t + 1) * U) })
    return pick.map((_, t) => row(m + t))
  }

  /** Write a line. Gives {points, phi} as they come, then {total, ended}: how many of them count. Points are (dx, dy, end of stroke), strokes 4 high. */
  async *line(text, { style = 0, bias = .75, noise }) {
    const skip = this.begin(text, style, bias), [ux, uy] = this.about.unit
    const looks = [], eos = [], eol = [], points = []
    let end = null, start = null, told = 0
    while (end === null && points.length < 40 + LIMIT * text.length) {
      const fresh = await this.run(noise.chunk(start === null ? CHUNK / 4 : CHUNK, this.about.bits))
      for (const { point, phi } of fresh) {
        looks.push(phi.indexOf(Math.max(...phi)) - skip); eos.push(point[2]); eol.push(point[3] ?? 1)
        points.push({ point: [point[0] * ux, point[1] * uy, point[2]], phi: phi.subarray(skip) })
      }
      start ??= entry(looks.map(u => u + skip), skip, eos)
      end = cut(looks, text.length, eos, this.about.bits > 1 ? eol : null)
      const until = end ?? points.length
      if (start !== null && until > start + told) { yield this.part(points.slice(start + told, until)); told = until - start }
    }
    const first = start ?? 0, ours = points.slice(first, end ?? points.length)
    if (start === null) yield this.part(ours)
    const total = end === null ? ours.length : trimmed(ours.map(p => p.point), looks.slice(first, end), text.length)
    yield { total, ended: end !== null }
  }

  part(some) { return { points: some.map(p => p.point), phi: some.map(p => p.phi) } }
}

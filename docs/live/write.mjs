// The page that writes: draws at the pace of a hand what the worker sends ahead.
import { baseline, calm, download, element, path, svg, tilt } from './ink.mjs'
import { fetched, parsed, Thread } from './runtime.mjs'
import { fold, linesOf } from './text.mjs'
import { Window } from './window.mjs'

const thread = new Thread('writer-worker.mjs')
await parsed()
const $ = id => document.getElementById(id), form = $('writer'), paper = $('paper'), status = $('status')
const PITCH = 13, ADVANCE = 2.3, MARGIN = 2           // from line to line, a letter, around; strokes are 4 high
const FIRST = 10                                      // the style of a page that was just opened
const heat = new Window($('window'))
let about = null, ready = false, job = 0, page = null

// What the reader has set

const value = id => Number($(id).value)
const speed = () => value('speed') >= 100 ? Infinity : Math.round(40 * 50 ** (value('speed') / 100) / 10) * 10
const said = {
  bias: () => value('bias').toFixed(2),
  speed: () => speed() === Infinity ? 'as fast as it can' : `${speed()} points a second`,
  pen: () => value('pen').toFixed(2),
  width: () => `${value('width')} letters a line`,
}
const tell = () => { for (const id in said) { form.querySelector(`output[for=${id}]`).textContent = said[id](); $(id).setAttribute('aria-valuetext', said[id]()) } }

function style() { return Number(form.querySelector('input[name=style]:checked')?.value ?? FIRST) }

// A page of lines, and the pen on it

class Line {
  constructor(text, row) {
    this.text = text; this.strokes = []; this.points = []; this.phi = []; this.at = [0, 0]; this.lifted = true
    this.drawn = 0; this.total = null; this.group = element('g', { class: 'line' }); this.row = row; this.nodes = []
  }
  add(points, phi) { this.points.push(...points); this.phi.push(...phi) }
  get over() { return this.total !== null && this.drawn >= this.total }
  /** One more point. Gives false where there is none, yet. */
  step() {
    if (this.drawn >= (this.total ?? this.points.length)) return false
    const [dx, dy, end] = this.points[this.drawn]
    if (this.drawn) this.at = [this.at[0] + dx, this.at[1] + dy]
    if (this.lifted) { this.strokes.push([]); this.nodes.push(this.group.appendChild(element('path'))) }
    this.strokes.at(-1).push(this.at); this.lifted = end > 0
    this.dirty = true; this.drawn++
    return true
  }
  show() {
    if (this.dirty) this.nodes.at(-1).setAttribute('d', path(this.strokes.at(-1)))
    for (let k = this.nodes.length - 2; k >= 0 && !this.nodes[k].done; k--) { this.nodes[k].setAttribute('d', path(this.strokes[k])); this.nodes[k].done = true }
    this.dirty = false
  }
  /** The line has fewer points than were sent: take back what was drawn too much. */
  shorten() {
    while (this.drawn > this.total) {
      this.strokes.at(-1).pop(); this.drawn--; this.dirty = true
      if (!this.strokes.at(-1).length) { this.strokes.pop(); this.nodes.pop().remove(); if (this.nodes.length) this.nodes.at(-1).done = false }
    }
  }
  /** Upright on its line, at the left edge: what `Ink.straighten` and `stack` do */
  settle() {
    const k = tilt(this.strokes), flat = this.strokes.map(s => s.map(([x, y]) => [x, y - k * x]))
    const left = Math.min(0, ...flat.flat().map(p => p[0])), down = baseline(flat)
    this.final = flat.map(s => s.map(([x, y]) => [x - left, y - down]))
    this.group.style.transform = `matrix(1, ${-k}, 0, 1, ${-left}, ${this.y - down})`
    this.width = Math.max(...this.final.flat().map(p => p[0]))
  }
  get y() { return this.row * PITCH }
}

class Page {
  constructor(texts) {
    this.lines = texts.map((t, i) => new Line(t, i)); this.current = 0; this.owed = 0; this.last = null
    this.group = element('g', { class: 'ink', 'stroke-width': value('pen') }); this.group.append(...this.lines.map(l => l.group))
    paper.replaceChildren(this.group)
    this.wanted = this.width = Math.max(10, ...texts.map(t => t.length)) * ADVANCE + 2 * MARGIN
    this.height = texts.length * PITCH
    for (const l of this.lines) l.group.style.transform = `translate(0px, ${l.y}px)`
    paper.style.aspectRatio = `${this.width} / ${this.height}`
    paper.setAttribute('aria-label', `Handwriting: ${texts.join(' ')}`)
    this.frame()
  }
  frame() { paper.setAttribute('viewBox', `${-MARGIN} ${-PITCH * .58} ${this.width} ${this.height}`) }
  get line() { return this.lines[this.current] }
  get over() { return this.current >= this.lines.length }
  /** Draw what is due at `now` (ms). Gives false when all is drawn. */
  draw(now) {
    const passed = this.last === null ? 16 : Math.max(1, Math.min(100, now - this.last)); this.last = now
    this.owed = calm() ? Infinity : Math.min(this.owed + passed / 1000 * speed(), speed())
    while (!this.over && this.owed >= 1) {
      const line = this.line
      if (line.over) { if (line.drawn) { line.show(); line.settle() } this.current++; if (!this.over && this.line.text) heat.start(this.line.text); continue }
      if (!line.step()) { this.owed = 0; break }
      heat.add(line.phi[line.drawn - 1])
      this.owed--; this.wanted = Math.max(this.wanted, line.at[0] + 3 * MARGIN)
    }
    this.lines.forEach(l => l.show())
    if (this.wanted > this.width) { this.width += calm() ? this.wanted - this.width : Math.max(.02, (this.wanted - this.width) * .15); this.width = Math.min(this.width, this.wanted); this.frame() }
    heat.show()
    return !this.over || this.width < this.wanted
  }
  get strokes() { return this.lines.flatMap(l => (l.final ?? l.strokes).map(s => s.map(([x, y]) => [x, y + l.y]))) }
}

let moving = false
function move() { if (!moving) { moving = true; requestAnimationFrame(animate) } }
function animate(now) {
  if (page.draw(now)) requestAnimationFrame(animate)
  else { moving = false; form.dataset.state = 'done'; $('save').disabled = !page?.strokes.length }
}

// Writing

function write() {
  if (!about) return
  const { alphabet } = about, text = fold($('text').value, alphabet), unknown = [...new Set([...text].filter(c => c !== '\n' && !alphabet.includes(c)))]
  if (unknown.length) { say(`It has never seen ${unknown.map(c => `“${c}”`).join(', ')}: it knows ${alphabet.trim()}`, true); return }
  const lines = linesOf(text, value('width'))
  if (!lines.length) { say('There is nothing to write: type a sentence.', true); return }
  if (ready) begun()
  page = new Page(lines); heat.start(lines.find(l => l))
  thread.send({ job: ++job, lines, style: style(), bias: value('bias'), seed: value('seed') >>> 0 })
}

function begun() { say('Writing …'); form.dataset.state = 'writing'; $('save').disabled = true }
function say(message, wrong = false) { status.textContent = message; status.classList.toggle('live-wrong', wrong) }

function hear(data) {
  if (data.job !== job) return
  if (data.done) {
    form.dataset.rate = Math.round(data.points / data.seconds)
    if (!status.classList.contains('live-wrong')) say(`${data.points} points, ${form.dataset.rate} a second on this processor.`)
    return
  }
  const line = page.lines[data.line]
  if (data.points) { line.add(data.points, data.phi); form.dataset.ink ??= Math.round(performance.now()); offer() }
  else { line.total = data.total; line.shorten() }
  move()
}
function failed(why) { say(`It cannot write here: ${why}`, true); form.dataset.state = 'failed' }

// The controls

let offered = false
function offer() {                                    // when the first ink is there: ten pictures of hands would keep it waiting
  if (offered) return
  offered = true
  const styles = about.styles.map(s => s.number)
  for (const [number, name] of [...styles.map(n => [n, `Style ${n}`]), [0, 'No style: whatever hand comes']]) {
    const label = document.createElement('label'), input = document.createElement('input')
    Object.assign(input, { type: 'radio', name: 'style', value: number, checked: number === FIRST })
    label.append(input)
    if (number) label.append(Object.assign(document.createElement('img'), { src: new URL(`style-${number}.svg`, import.meta.url).href, alt: name, loading: 'lazy' }))
    else label.append(Object.assign(document.createElement('span'), { textContent: 'none' }))
    label.title = name
    $('styles').append(label)
  }
}
const room = Math.round(paper.parentElement.clientWidth / 17)
$('width').value = Math.max(20, Math.min(44, room))
tell()
const known = fetched('writer.json', 'json').then(found => { about = found; write() })      // the first wish is there before the network
known.catch(e => failed(e.message))
thread.tell({ ready() { ready = true; known.then(open) }, hear, again: write, failed })
function open() {
  if (!page) offer()
  for (const b of form.querySelectorAll('button')) if (b.id !== 'save') b.disabled = false
  if (page && form.dataset.state === 'loading') { if (status.classList.contains('live-wrong')) form.dataset.state = 'writing'; else begun() }
}
form.addEventListener('submit', e => { e.preventDefault(); write() })
form.addEventListener('input', e => {
  tell()
  if (e.target.id === 'pen') page?.group.setAttribute('stroke-width', value('pen'))
})
form.addEventListener('change', e => { if (e.target.name === 'style' || ['bias', 'width', 'seed'].includes(e.target.id)) write() })
$('text').addEventListener('keydown', e => { if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); write() } })
$('again').addEventListener('click', () => { $('seed').value = crypto.getRandomValues(new Uint32Array(1))[0] % 1e6; write() })
$('save').addEventListener('click', () => download('handwriting.svg', svg(page.strokes, value('pen'), page.lines.map(l => l.text).join('\n'))))

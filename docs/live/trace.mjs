// The page that traces: paint on the left, a pen on the right.
import { calm, download, element, path, svg } from './ink.mjs'
import { framed, SIDE } from './picture.mjs'
import { parsed, Thread } from './runtime.mjs'

const thread = new Thread('tracer-worker.mjs')
await parsed()
const $ = id => document.getElementById(id), form = $('tracer'), canvas = $('canvas'), traced = $('traced'), status = $('status')
const SIZE = canvas.width, COLOURS = ['#4c78c8', '#e07b28', '#3f9a52', '#c4455a', '#8a63b8', '#8c6d4e']
const paint = new OffscreenCanvas(SIZE, SIZE), brush = paint.getContext('2d', { willReadFrequently: true })
let job = 0, ready = false, blank = true, frame = null, found = null, last = null, resting = 0

function say(message, wrong = false) { status.textContent = message; status.classList.toggle('live-wrong', wrong) }

// Paint

function show() {
  const c = canvas.getContext('2d')
  c.globalCompositeOperation = 'source-over'
  c.clearRect(0, 0, SIZE, SIZE); c.drawImage(paint, 0, 0)
  c.globalCompositeOperation = 'source-in'; c.fillStyle = getComputedStyle(canvas).color; c.fillRect(0, 0, SIZE, SIZE)
}

function clear() {
  brush.clearRect(0, 0, SIZE, SIZE); show(); blank = true; job++; found = null; frame = null
  traced.replaceChildren(); traced.setAttribute('aria-label', 'The tracing'); $('again').disabled = $('save').disabled = true
  form.dataset.state = ready ? 'ready' : 'loading'
}

function place(e) {
  const box = canvas.getBoundingClientRect()
  return [(e.clientX - box.left) * SIZE / box.width, (e.clientY - box.top) * SIZE / box.height]
}

function stroke(to) {
  Object.assign(brush, { lineWidth: Number($('brush').value), lineCap: 'round', lineJoin: 'round', strokeStyle: 'black' })
  brush.beginPath(); brush.moveTo(...last); brush.lineTo(to[0] + .01, to[1]); brush.stroke()      // a line of no length would not be drawn
  last = to; blank = false; show()
}

canvas.addEventListener('pointerdown', e => {
  if (e.button) return
  e.preventDefault(); canvas.setPointerCapture(e.pointerId); clearTimeout(resting)
  if (form.dataset.state === 'done' && form.dataset.from === 'sample') clear()
  form.dataset.from = 'hand'; last = place(e); stroke(last)
})
canvas.addEventListener('pointermove', e => {
  if (!last) return
  const all = e.getCoalescedEvents?.() ?? []
  for (const p of all.length ? all : [e]) stroke(place(p))
})
for (const kind of ['pointerup', 'pointercancel']) canvas.addEventListener(kind, () => { if (last) { last = null; resting = setTimeout(trace, 500) } })

// Tracing

function trace() {
  if (blank || !ready) return
  const alpha = brush.getImageData(0, 0, SIZE, SIZE).data, ink = Float32Array.from({ length: SIZE * SIZE }, (_, i) => alpha[4 * i + 3] / 255)
  frame = framed(ink, SIZE)
  if (frame) ask(frame.picture)
  else say('Paint a digit, or choose one.')
}

let asked = null
function ask(picture) {
  asked = picture
  form.dataset.state = 'tracing'; say('Looking …'); traced.replaceChildren(shown(picture))
  thread.send({ job: ++job, picture })
}

/** A picture as an image of the drawing */
function shown(picture) {
  const small = document.createElement('canvas'), image = new ImageData(SIDE, SIDE)
  small.width = small.height = SIDE
  picture.forEach((v, i) => image.data.set([128, 128, 128, Math.round(255 * v)], 4 * i))      // grey can be seen on dark and on light
  small.getContext('2d').putImageData(image, 0, 0)
  return element('image', { class: 'picture', x: -.5, y: -.5, width: SIDE, height: SIDE, href: small.toDataURL() })
}

function hear(data) {
  if (data.job !== job) return
  found = data; play(job)
}
function begin() {
  if (ready) return                                   // a new beginning: what was asked for has been asked for again
  ready = true; form.dataset.state = 'ready'; say('Paint a digit, or choose one.'); trace()
}
thread.tell({ ready: begin, hear, again: () => asked && !blank && ask(asked), failed })
function failed(why) { form.dataset.state = 'failed'; say(`It cannot trace here: ${why}`, true) }

/** The pen at work, then the small move onto the ink */
function play(mine) {
  const { strokes, moved } = found, total = strokes.flat().length, picture = traced.querySelector('.picture')
  const colour = k => COLOURS[k % COLOURS.length], nodes = strokes.map((s, k) => element('path', { stroke: colour(k) }))
  const dots = strokes.map((s, k) => element('circle', { r: .7, fill: colour(k) }))
  traced.replaceChildren(picture, ...nodes, ...dots)
  const draw = (all, n) => all.forEach((s, k) => {
    const part = s.slice(0, Math.max(0, n)); n -= s.length
    nodes[k].setAttribute('d', path(part)); dots[k].setAttribute('visibility', part.length ? 'visible' : 'hidden')
    if (part.length) { dots[k].setAttribute('cx', part[0][0]); dots[k].setAttribute('cy', part[0][1]) }
  })
  let n = 0, step = 0, before = null
  const next = now => {
    if (mine !== job) return
    n = calm() ? total : Math.min(total, n + (before === null ? 0 : Math.min(100, now - before) / 1000 * Number($('speed').value))); before = now
    if (n < total) draw(strokes, Math.floor(n))
    else { step = calm() ? moved.length : step + 1; draw(moved[Math.min(step, moved.length) - 1] ?? strokes, total) }
    if (n < total || step < moved.length) requestAnimationFrame(next)
    else finish(strokes, total)
  }
  requestAnimationFrame(next)
}

function finish(strokes, total) {
  form.dataset.state = 'done'; $('again').disabled = $('save').disabled = !total
  const says = `${strokes.length} ${strokes.length === 1 ? 'stroke' : 'strokes'}, ${total} points.`
  say(says); traced.setAttribute('aria-label', `The tracing: ${says}`)
}

// The controls

$('clear').addEventListener('click', () => { clear(); say('Paint a digit, or choose one.') })
$('again').addEventListener('click', () => { if (found) { form.dataset.state = 'tracing'; play(++job) } })
$('save').addEventListener('click', () => download('tracing.svg', svg(found.moved.at(-1) ?? found.strokes, .9, 'A digit, traced')))
form.addEventListener('submit', e => e.preventDefault())
form.addEventListener('input', () => {
  form.querySelector('output[for=brush]').textContent = $('brush').value
  form.querySelector('output[for=speed]').textContent = `${$('speed').value} points a second`
})
new MutationObserver(show).observe(document.body, { attributeFilter: ['data-theme'] })
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show)

/** The digits of the package, as buttons */
async function samples() {
  const data = new Uint8Array(await (await fetch(new URL('digits.bin', import.meta.url))).arrayBuffer())
  for (let k = 0; k < data.length / SIDE ** 2; k++) {
    const picture = Float32Array.from(data.subarray(k * SIDE ** 2, (k + 1) * SIDE ** 2), v => v / 255), image = new ImageData(SIDE, SIDE)
    picture.forEach((v, i) => image.data.set([128, 128, 128, Math.round(255 * v)], 4 * i))
    const small = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE }), button = document.createElement('button')
    small.getContext('2d').putImageData(image, 0, 0)
    Object.assign(button, { type: 'button', ariaLabel: `A ${k}` }); button.append(small)
    button.addEventListener('click', () => {
      clear(); form.dataset.from = 'sample'; blank = false
      brush.imageSmoothingEnabled = true; brush.drawImage(small, 0, 0, SIZE, SIZE); show()
      if (ready) ask(picture)
    })
    $('samples').append(button)
  }
}
samples()

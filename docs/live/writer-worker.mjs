// The writer in a thread of its own, so that the page stays awake while it writes.
import './ort.wasm.bundle.min.mjs'       // first, so that it does not wait until those that need it have been read
import { Noise, Writer } from './writer.mjs'

const ready = Writer.load()
let job = 0

async function write({ lines, style, bias, seed }, mine) {
  const writer = await ready, begun = performance.now()
  let points = 0
  for (const [line, text] of lines.entries()) {
    if (!text) { postMessage({ job: mine, line, total: 0, ended: true }); continue }
    for await (const part of writer.line(text, { style, bias, noise: new Noise(seed, line) })) {
      if (mine !== job) return
      points += part.points?.length ?? 0
      postMessage({ job: mine, line, ...part })
      await new Promise(done => setTimeout(done))     // lets a newer wish in
    }
  }
  postMessage({ job: mine, done: true, points, seconds: (performance.now() - begun) / 1000 })
}

let queue = ready
onmessage = ({ data }) => {
  if (!data.job) return                               // the runtime
  const mine = job = data.job
  if (!data.lines) return
  queue = queue.then(() => mine === job && write(data, mine)).catch(e => postMessage({ failed: e.message }))
}
ready.then(() => postMessage({ ready: true }), e => postMessage({ failed: e.message }))

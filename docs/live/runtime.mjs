// ONNX Runtime for the browser, and the thread that it runs in. The page unpacks and compiles it while the thread starts, and sends it there: two cores are at it instead of one.

const here = new URL('.', import.meta.url).href

/** The content of a file beside this one, as a stream. It travels compressed; some servers unpack such a file themselves. */
export async function stream(name) {
  const answer = await fetch(`${here}${name}.gz`)
  if (!answer.ok) throw new Error(`${name}.gz is not there (${answer.status}): make docs writes it`)
  const reader = answer.body.getReader(), { value: first } = await reader.read()
  const all = new ReadableStream({
    start(c) { c.enqueue(first) },
    async pull(c) { const { done, value } = await reader.read(); if (done) c.close(); else c.enqueue(value) },
  })
  return first[0] === 0x1f && first[1] === 0x8b ? all.pipeThrough(new DecompressionStream('gzip')) : all
}

/** A file beside this one, as `kind` (json, arrayBuffer). */
export async function fetched(name, kind) {
  const answer = await fetch(here + name)
  if (!answer.ok) throw new Error(`${name} is not there (${answer.status}): make docs writes it`)
  return answer[kind]()
}

const all = async name => new Uint8Array(await new Response(await stream(name)).arrayBuffer())

function size(bytes, at) {
  let n = 0, scale = 1, b
  do { b = bytes[at++]; n += (b & 127) * scale; scale *= 128 } while (b & 128)
  return [n, at]
}

const leb = n => n < 128 ? [n] : [n & 127 | 128, ...leb(n >> 7)]

/** The bytes of the runtime as it was before docs/wasm.py took out what our pages do not call: where a function is empty, the next of the others. */
export function whole(part, rest) {
  const CODE = 10
  let section = 8, at, end, n, body, from, next = 0
  for (;; section = end) { [n, at] = size(part, section + 1); end = at + n; if (part[section] === CODE) break }
  [, body] = size(part, at)
  const code = [part.subarray(at, body)]
  for (at = body; at < end; at = body + n) {
    [n, body] = size(part, at)
    if (n > 3 || part[body + 1]) { code.push(part.subarray(at, body + n)); continue }
    [n, from] = size(rest, next); code.push(rest.subarray(next, from + n)); next = from + n; n = 3
  }
  const length = leb(code.reduce((a, c) => a + c.length, 0))
  return new Blob([part.subarray(0, section + 1), Uint8Array.from(length), ...code, part.subarray(end)])
}

/** The runtime, compiled: what our pages call of it, or `everything`. */
async function compiled(everything) {
  const found = everything ? whole(...await Promise.all(['runtime.wasm', 'runtime.rest'].map(all))).stream() : await stream('runtime.wasm')
  return WebAssembly.compileStreaming(new Response(found, { headers: { 'Content-Type': 'application/wasm' } }))
}

/** The page has been read to its end. Scripts begin before, so that the thread starts early. */
export const parsed = () => document.readyState === 'loading' && new Promise(done => document.addEventListener('DOMContentLoaded', done))

/** A worker that runs networks. It begins with the functions that are usually called; should it fail, it begins again with all of them before anybody is told. */
export class Thread {
  constructor(script) { this.script = script; this.start(false) }
  start(everything) {
    const worker = this.worker = new Worker(new URL(this.script, here), { type: 'module' })
    const wrong = why => {
      if (worker !== this.worker) return
      if (everything) { this.why = why; this.page?.failed(why) } else { worker.terminate(); this.start(true); this.page?.again() }
    }
    worker.onmessage = ({ data }) => { if (data.failed) wrong(data.failed); else if (data.ready) { this.ready = true; this.page?.ready() } else this.page?.hear(data) }
    worker.onerror = e => wrong(e.message ?? 'the worker did not start')
    compiled(everything).then(runtime => worker.postMessage({ runtime }), e => wrong(e.message))
  }
  send(message) { this.worker.postMessage(message) }
  /** From now on tell `page`, as soon as the networks are ready, what they say (hear), that a job was lost (again), and why nothing works (failed). */
  tell(page) { this.page = page; if (this.ready) page.ready(); if (this.why) page.failed(this.why) }
}

/** In a worker, what the page has sent; elsewhere it is compiled on the spot. */
export function received() {
  if (typeof WorkerGlobalScope === 'undefined') return compiled()
  return new Promise(found => addEventListener('message', ({ data }) => { if (data.runtime) found(data.runtime) }))
}

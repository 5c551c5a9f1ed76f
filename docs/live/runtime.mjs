// ONNX Runtime for the browser. The page unpacks and compiles it while its worker starts, and sends it there: two threads are at it instead of one.

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

async function compiled() {
  const headers = { 'Content-Type': 'application/wasm' }
  return WebAssembly.compileStreaming(new Response(await stream('ort-wasm-simd-threaded.wasm'), { headers }))
}

/** Start a worker that runs networks, and send it the runtime. */
export function started(script) {
  const worker = new Worker(new URL(script, here), { type: 'module' })
  compiled().then(runtime => worker.postMessage({ runtime }), e => worker.postMessage({ runtime: null, why: e.message }))
  return worker
}

/** In a worker, what the page has sent; elsewhere it is compiled on the spot. */
export function received() {
  if (typeof WorkerGlobalScope === 'undefined') return compiled()
  return new Promise((found, failed) => addEventListener('message', ({ data }) => {
    if (data.runtime) found(data.runtime)
    else if ('runtime' in data) failed(new Error(data.why))
  }))
}

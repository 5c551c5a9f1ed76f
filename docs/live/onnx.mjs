// ONNX Runtime, from the folder that this file stands in: nothing is asked for elsewhere.
import * as ort from './ort.wasm.min.mjs'

const here = new URL('.', import.meta.url).href
ort.env.wasm.wasmPaths = here
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

/** What travels compressed: the runtime and the networks. Some servers unpack such a file themselves. */
async function unpacked(name) {
  const data = await fetched(`${name}.gz`, 'arrayBuffer'), head = new Uint8Array(data, 0, 2)
  if (head[0] !== 0x1f || head[1] !== 0x8b) return data
  const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array(data)); c.close() } })      // faster than that of a Blob
  return new Response(stream.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer()
}
const there = unpacked('ort-wasm-simd-threaded.wasm').then(data => { ort.env.wasm.wasmBinary = data })

/** A file beside this one, as `kind` (json, arrayBuffer). */
export async function fetched(name, kind) {
  const answer = await fetch(here + name)
  if (!answer.ok) throw new Error(`${name} is not there (${answer.status}): make docs writes it`)
  return answer[kind]()
}

export async function session(name) {
  const [file] = await Promise.all([unpacked(name), there])
  return ort.InferenceSession.create(new Uint8Array(file), { executionProviders: ['wasm'], graphOptimizationLevel: 'basic' })
}

export const floats = (data, ...shape) => new ort.Tensor('float32', Float32Array.from(data), shape)
export const bytes = (data, ...shape) => new ort.Tensor('uint8', Uint8Array.from(data), shape)
export const filled = (value, ...shape) => floats(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), ...shape)

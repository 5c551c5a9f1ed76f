// ONNX Runtime, from the folder that this file stands in: nothing is asked for elsewhere.
import * as ort from './ort.wasm.min.mjs'
import { received, stream } from './runtime.mjs'

const here = new URL('.', import.meta.url).href
ort.env.wasm.wasmPaths = here
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

// ONNX Runtime compiles what it is given. It is given one byte, and gets the compiled runtime where it asks for that byte to be made into one.
const runtime = received(), instantiate = WebAssembly.instantiate
ort.env.wasm.wasmBinary = new ArrayBuffer(1)
WebAssembly.instantiate = async (source, imports) => source.byteLength === 1 ?
  { module: await runtime, instance: await instantiate(await runtime, imports) } : instantiate(source, imports)

export async function session(name) {
  const file = await new Response(await stream(name)).arrayBuffer()
  return ort.InferenceSession.create(new Uint8Array(file), { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled' })      // it is as good as it gets, and looking for better takes time
}

export const floats = (data, ...shape) => new ort.Tensor('float32', Float32Array.from(data), shape)
export const bytes = (data, ...shape) => new ort.Tensor('uint8', Uint8Array.from(data), shape)
export const filled = (value, ...shape) => floats(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), ...shape)

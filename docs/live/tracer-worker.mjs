// The tracer in a thread of its own.
import './ort.wasm.bundle.min.mjs'
import { Tracer } from './tracer.mjs'

const ready = Tracer.load()
ready.then(() => postMessage({ ready: true }), e => postMessage({ failed: e.message }))
onmessage = async ({ data: { job, picture } }) => {
  if (!picture) return
  try { postMessage({ job, ...await (await ready).trace(picture) }) }
  catch (e) { postMessage({ failed: e.message }) }
}

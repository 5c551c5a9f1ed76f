"""ONNX Runtime for the browser, cut to what the live pages call.

It has seventeen thousand functions, and our pages call a fifth of them. A page loads those; the others stand in a file of their own, and are asked for
only if a page should call one of them after all. `python docs/wasm.py` finds out, in Chromium, on the site in `_docs`, which functions are called, and
writes docs/live/called.txt. It is to be run again with another version of the runtime (until then, all of it is loaded), or with graphs of other operations.

A module is eight bytes and some sections: a byte that says which, a size, and the content. Sizes are LEB128, seven bits a byte, the lowest first.
Code, section 10, is a number of functions, and each of them a size and a body. https://webassembly.github.io/spec/core/binary
"""
import base64, gzip, http.server, os, shutil, sys, tempfile, threading
from functools import partial
from pathlib import Path
import numpy as np

IMPORTS, GLOBALS, EXPORTS, CODE = 2, 6, 7, 10
EMPTY = b'\x00\x00\x0b'                # a body without variables that says: never come here
CALLED = Path('docs/live/called.txt')
CHROMIUM = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')

def size(data, at):
    "A size that begins at a place, and where it ends"
    n = shift = 0
    while True:
        b = data[at]; at += 1; n |= (b & 127) << shift; shift += 7
        if b < 128: return n, at

def leb(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128])+leb(n >> 7)

def sized(data): return leb(len(data))+data

def sections(module):
    "{kind: content}; sections that say nothing about the program are left out"
    found, at = {}, 8
    while at < len(module):
        kind = module[at]; n, at = size(module, at+1)
        if kind: found[kind] = module[at:at+n]
        at += n
    return found

def joined(parts): return b'\0asm\1\0\0\0'+b''.join(bytes([k])+sized(content) for k, content in parts.items())

def bodies(code):
    "What stands in a section of code, a function each"
    count, at = size(code, 0); found = []
    for _ in range(count):
        n, at = size(code, at); found.append(code[at:at+n]); at += n
    return found

def listed(items): return leb(len(items))+b''.join(map(sized, items))

def cut(module, called):
    "A module whose other functions are empty, and those functions. Called: a truth value for each function, or nothing: all"
    parts = sections(module); code = bodies(parts[CODE])
    keep = [c and body != EMPTY for c, body in zip([True]*len(code) if called is None else called, code, strict=True)]
    parts[CODE] = listed([body if k else EMPTY for k, body in zip(keep, code)])
    return joined(parts), b''.join(sized(body) for k, body in zip(keep, code) if not k)

def called(version):
    "Which functions of a version of the runtime are called, or nothing where that is not known"
    of, *lines = CALLED.read_text().split('\n') if CALLED.is_file() else ['']
    if of != version: return None
    n, bits = ''.join(lines).split(':'); return np.unpackbits(np.frombuffer(base64.b64decode(bits), np.uint8), count=int(n)).astype(bool)

def note(version, called):
    bits = base64.b64encode(np.packbits(called)).decode(); text = f'{len(called)}:{bits}'
    CALLED.write_text('\n'.join([version, *(text[i:i+120] for i in range(0, len(text), 120))])+'\n')

# Which are they? A variable for each function, which it sets to one, and which can be seen from outside

def variables(imports):
    "How many variables a module takes from outside"
    count, at = size(imports, 0); found = 0
    for _ in range(count):
        for _ in 'module', 'name': n, at = size(imports, at); at += n
        kind = imports[at]; at += 1; found += kind == 3
        if kind == 0: _, at = size(imports, at)
        elif kind == 3: at += 2
        else:
            at += kind == 1; flags, at = size(imports, at); _, at = size(imports, at)
            if flags & 1: _, at = size(imports, at)
    return found

def noting(body, variable):
    "A function that says that it was called: i32.const 1, global.set, after its own variables"
    count, at = size(body, 0)
    for _ in range(count): _, at = size(body, at); at += 1
    return body[:at]+b'\x41\x01\x24'+leb(variable)+body[at:]

def counted(module):
    "The module with an export `called0`, `called1` ... for each function"
    parts = sections(module); code = bodies(parts[CODE]); own, at = size(parts[GLOBALS], 0); first = variables(parts[IMPORTS])+own
    parts[CODE] = listed([noting(body, first+k) for k, body in enumerate(code)])
    parts[GLOBALS] = leb(own+len(code))+parts[GLOBALS][at:]+b'\x7f\x01\x41\x00\x0b'*len(code)                # i32, may change, zero
    exports, at = size(parts[EXPORTS], 0)
    parts[EXPORTS] = leb(exports+len(code))+parts[EXPORTS][at:]+b''.join(sized(f'called{k}'.encode())+b'\x03'+leb(first+k) for k in range(len(code)))
    return joined(parts)

SEEN = '''
const made = WebAssembly.instantiate
WebAssembly.instantiate = async (...all) => { const found = await made(...all); globalThis.seen = (found.instance ?? found).exports; return found }
'''
TELL = '() => Object.keys(globalThis.seen).filter(k => /^called[0-9]+$/.test(k) && globalThis.seen[k].value).map(k => Number(k.slice(6)))'

def used(page):
    "Functions that the workers of a page have called"
    return {k for worker in page.workers for k in worker.evaluate(TELL)}

def use_writer(page):
    done = lambda: page.wait_for_selector('#writer[data-state=done]', timeout=300_000)
    done(); page.evaluate('speed.value = 100; speed.dispatchEvent(new Event("input", {bubbles: true}))')
    for n in range(page.locator('input[name=style]').count()): page.locator('input[name=style]').nth(n).check(); done()
    for text, bias in (('a', 0), ('"What?" (7:45; 3,000) - XZQ!', 2), ('Winter is coming. '*20, .75)):
        page.evaluate('b => { bias.value = b; bias.dispatchEvent(new Event("change", {bubbles: true})) }', bias)
        page.fill('#text', text); page.press('#text', 'Enter'); done()

def use_tracer(page):
    page.wait_for_selector('#tracer[data-state=ready]', timeout=300_000)
    for n in range(10): page.locator('#samples button').nth(n).click(); page.wait_for_selector('#tracer[data-state=done]', timeout=300_000)

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

def look(site, module):
    "Which functions both pages of a built site call: a truth value each"
    from playwright.sync_api import sync_playwright
    found = set()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)/'site'; shutil.copytree(site, copy); live = copy/'_static'/'live'
        (live/'runtime.wasm.gz').write_bytes(gzip.compress(counted(module), 1)); (live/'onnx.mjs').write_text((live/'onnx.mjs').read_text()+SEEN)
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(copy)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=CHROMIUM, args=['--headless', '--no-sandbox', '--disable-gpu'])
            for name, use in dict(write=use_writer, trace=use_tracer).items():
                page = browser.new_page(); page.goto(f'http://127.0.0.1:{server.server_port}/{name}.html'); use(page); found |= used(page)
                print(f'{name}: {len(found)} functions', flush=True)
        server.shutdown()
    return np.isin(np.arange(len(bodies(sections(module)[CODE]))), sorted(found))

if __name__ == '__main__':
    import live
    if not CHROMIUM or not Path('_docs/write.html').is_file(): sys.exit('This looks at the site in a Chromium: apt install chromium, make docs')
    module = live.unpacked(live.WASM); seen = look('_docs', module); note(live.VERSION, seen); part, rest = cut(module, seen)
    print(f'{seen.sum():,} of {len(seen):,} functions: {len(part)/1e6:.1f} MB ({len(gzip.compress(part, 9))/1e6:.1f} compressed) of {len(module)/1e6:.1f}; {CALLED} is written')

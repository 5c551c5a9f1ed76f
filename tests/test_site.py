"""The site, in a browser: `make docs`, then `pytest tests/test_site.py`. Screenshots go to out/screens.
Skipped where the site has not been built, or where Chromium or playwright is missing."""
import gzip, hashlib, http.server, json, os, re, shutil, sys, threading
from functools import partial
from pathlib import Path
import numpy as np, pytest, torch

ROOT = Path(__file__).parent.parent
SITE = Path(os.environ.get('HANDWRITING_SITE') or ROOT/'_docs').resolve()
SCREENS = ROOT/'out'/'screens'
CHROMIUM = next((p for n in ('chromium', 'chromium-browser', 'google-chrome') if (p := shutil.which(n))), None)
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob('*.html') if '_static' not in p.parts)
ALIVE = (SITE/'_static'/'live'/'writer.onnx.gz').is_file()

if not PAGES: pytest.skip(f'the site has not been built ({SITE}): make docs', allow_module_level=True)
if not CHROMIUM: pytest.skip('there is no Chromium here (Debian: apt install chromium)', allow_module_level=True)
pytestmark = pytest.mark.browser
pytest.importorskip('playwright', reason='playwright is not installed: pip install playwright')
alive = pytest.mark.skipif(not ALIVE, reason='the site was built without its live pages: make docs says why')

class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass

@pytest.fixture(scope='module')
def site():
    "The address of the site"
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown(); server.server_close()

@pytest.fixture(scope='module')
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS); yield b; b.close()

@pytest.fixture
def open_(browser, site):
    "Open a page of the site. After the test: nothing was asked of another site, no error stands in the console"
    faults, contexts = [], []
    def go(path, width=1280, height=900, **how):
        context = browser.new_context(viewport=dict(width=width, height=height), **how); contexts.append(context); page = context.new_page()
        page.on('console', lambda m: m.type in ('error', 'warning') and faults.append(f'{path}: {m.text}'))
        page.on('pageerror', lambda e: faults.append(f'{path}: {e}'))
        page.on('request', lambda r: r.url.startswith((site, 'blob:', 'data:')) or faults.append(f'{path} asks for {r.url}'))
        page.on('response', lambda r: r.status < 400 or faults.append(f'{path}: {r.status} for {r.url}'))
        page.goto(f'{site}/{path}'); return page
    yield go
    for c in contexts: c.close()
    assert not faults, faults

def screen(page, name, full=False):
    SCREENS.mkdir(parents=True, exist_ok=True); page.screenshot(path=str(SCREENS/f'{name}.jpg'), full_page=full, type='jpeg', quality=80)

def views(page, name, full=False):
    "Screenshots at both widths, light and dark; at both, nothing stands out sideways"
    for width in (1400, 1280, 1100, 820, 390):
        page.set_viewport_size(dict(width=width, height=900))
        wide = page.evaluate('[document.documentElement.scrollWidth, innerWidth]'); assert wide[0] <= wide[1], f'{name} is {wide[0]} pixels wide on a screen of {width}'
        for scheme in ('light', 'dark') if width in (1280, 390) else ():
            page.emulate_media(color_scheme=scheme); screen(page, f'{name.replace("/", "_")}-{width}-{scheme}', full)

@pytest.mark.parametrize('path', PAGES)
def test_a_page_loads_quietly_at_both_widths_in_light_and_dark(open_, path):
    page = open_(path); page.wait_for_load_state('load')
    assert page.title() and page.locator('.content').count() == 1
    if path not in ('write.html', 'trace.html'): views(page, path.removesuffix('.html'))

@pytest.mark.skipif(not (SITE/'mdn.html').is_file(), reason='this site has no chapter on mixtures')
def test_search_finds_mixture_density(open_):
    page = open_('search.html?q=mixture+density'); page.wait_for_selector('ul.search li a', timeout=20_000)
    found = page.eval_on_selector_all('ul.search li a', 'all => all.map(a => a.getAttribute("href"))')
    assert any(f.startswith('mdn.html') for f in found), found

def test_a_chapter_can_be_had_as_a_notebook_and_edited(open_):
    page = open_('ink.html'); links = page.eval_on_selector_all('.doors a', 'all => all.map(a => a.getAttribute("href"))')
    nb = json.loads((SITE/links[0]).read_text()); assert nb['cells'] and not any(c.get('outputs') for c in nb['cells'])
    assert links[1].endswith('/edit/main/nbs/00_ink.ipynb')

# The page that writes

def written(page, timeout=60_000):
    page.wait_for_selector('#writer[data-state=done]', timeout=timeout)
    return page.eval_on_selector_all('#paper path', 'all => all.map(p => p.getAttribute("d"))')

def fast(page): page.evaluate('speed.value = 100; speed.dispatchEvent(new Event("input", {bubbles: true}))')

@alive
def test_the_page_that_writes(open_):
    page = open_('write.html'); fast(page); first = written(page)
    assert len(first) > 8 and sum(len(d) for d in first) > 3000
    assert int(page.get_attribute('#writer', 'data-rate')) > 0
    page.fill('#text', 'Winter is coming'); page.press('#text', 'Enter'); second = written(page)
    assert second and second != first
    page.click('button[type=submit]'); assert written(page) == second               # the same seed, the same ink
    page.click('#again'); assert written(page) != second
    views(page, 'write', full=True)

@alive
def test_what_the_reader_sets(open_):
    page = open_('write.html', reduced_motion='reduce'); plain = written(page)
    from handwriting_nb.writer import styles
    assert page.locator('input[name=style]').count() == 1+len(styles())      # and none
    page.check('input[name=style][value="5"]'); other = written(page); assert other != plain
    page.fill('#text', 'one two three four five six seven eight nine ten eleven twelve'); page.evaluate('width.value = 20; width.dispatchEvent(new Event("change", {bubbles: true}))')
    written(page); assert page.locator('#paper .line').count() >= 3
    page.evaluate('pen.value = 0.8; pen.dispatchEvent(new Event("input", {bubbles: true}))')
    assert page.get_attribute('#paper .ink', 'stroke-width') == '0.8'
    with page.expect_download() as got: page.click('#save')
    from handwriting_nb.ink import Ink
    ink = Ink.open(got.value.path().rename(got.value.path().with_suffix('.svg'))); assert len(ink.strokes) > 20 and ink.text.startswith('one two')

@alive
def test_what_it_cannot_write_it_says(open_):
    page = open_('write.html'); written_ = page.wait_for_selector('#writer:not([data-state=loading])', timeout=60_000); assert written_
    page.fill('#text', 'naïve “café”'); page.press('#text', 'Enter'); assert page.inner_text('#status').startswith('Writing')
    page.fill('#text', 'snow ☃'); page.press('#text', 'Enter'); assert '☃' in page.inner_text('#status')
    page.fill('#text', '   '); page.press('#text', 'Enter'); assert 'nothing to write' in page.inner_text('#status')

RUN = '''async ([text, style, bias, chunks]) => {
  const { Writer } = await import('/_static/live/writer.mjs'), writer = await Writer.load(), skip = await writer.begin(text, style, bias), out = []
  for (const c of chunks) for (const r of await writer.run(c)) out.push([...r.point])
  return { skip, out }
}'''

def begun(writer, text, style):
    "A stepper that has read the prime as the page does: in PyTorch up to where the file of hands ends, the rest in eight bits"
    from handwriting_nb.browser import opening
    from handwriting_nb.fast import FastStepper
    from handwriting_nb.window import encode
    net = writer.network; stepper = FastStepper(net)
    state, rest, said = opening(net, writer.styles[style]) if style else (net.start(), np.zeros((1, 3), np.float32), '')
    stepper.begin(encode(net.alphabet, said+text)[None], state, rest[:1]); stepper.read(rest[1:, None]); return stepper, len(said)

@alive
@pytest.mark.parametrize('style', [0, 2, 5])
def test_the_page_writes_what_python_writes(open_, style):
    from handwriting_nb.sampling import Noise
    from handwriting_nb.writer import Writer
    writer, text = Writer.from_pretrained(), 'Winter is coming'; stepper, skip = begun(writer, text, style); noise = Noise(3, writer.network.bits)
    chunks = [noise.chunk() for _ in range(4)]; theirs = np.concatenate([stepper.run(u[:, None], z[:, None], [.75])[0][:, 0] for u, z in chunks])
    asked = [dict(pick=u[:, 0].tolist(), toss=u[:, 1:].ravel().tolist(), zx=z[:, 0].tolist(), zy=z[:, 1].tolist()) for u, z in chunks]
    page = open_('write.html'); found = page.evaluate(RUN, [text, style, .75, asked]); ours = np.array(found['out'])
    assert found['skip'] == skip
    far = np.abs(ours-theirs).max(1); n = int((far < .05).argmin()) if (far >= .05).any() else len(far)
    assert n >= 24, (n, far[:n+2])       # then a rounding may tip a draw, and the hand goes on a little differently

# The page that traces

def traced(page, timeout=60_000):
    page.wait_for_selector('#tracer[data-state=done]', timeout=timeout)
    return page.eval_on_selector_all('#traced path', 'all => all.map(p => p.getAttribute("d"))')

def seven(page):
    "Paint a seven with the mouse"
    page.wait_for_selector('#tracer:not([data-state=loading])', timeout=60_000); page.locator('#canvas').scroll_into_view_if_needed()
    box = page.locator('#canvas').bounding_box(); at = lambda x, y: (box['x']+x*box['width'], box['y']+y*box['height'])
    page.mouse.move(*at(.3, .25)); page.mouse.down(); page.mouse.move(*at(.7, .25), steps=8); page.mouse.move(*at(.42, .8), steps=8); page.mouse.up()

# The runtime, without what no page calls

WHOLE = '''async () => {
  const { whole } = await import('/_static/live/runtime.mjs'), unpack = async name => {
    const packed = (await fetch(`/_static/live/${name}.gz`)).body.pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(packed).arrayBuffer())
  }
  const all = await whole(await unpack('runtime.wasm'), await unpack('runtime.rest')).arrayBuffer()
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', all))].map(b => b.toString(16).padStart(2, '0')).join('')
}'''

def runtime(called):
    "The two files of the runtime, of which a page loads the first: only functions that are `called`"
    sys.path.insert(0, str(ROOT/'docs')); import live, wasm
    try: module = live.unpacked(live.WASM)
    except live.NotHere as why: pytest.skip(str(why))
    count = len(wasm.bodies(wasm.sections(module)[wasm.CODE])); return wasm.cut(module, None if called is None else np.full(count, called))

@alive
def test_what_was_left_out_can_be_put_back(open_):
    everything, left = runtime(None); assert len(left) < 100          # a few have been empty from the beginning
    assert open_('write.html').evaluate(WHOLE) == hashlib.sha256(everything).hexdigest()

@alive
def test_a_page_fetches_what_was_left_out(open_, browser, site):
    usual, asked = written(open_('write.html', reduced_motion='reduce')), []
    page = browser.new_page(reduced_motion='reduce')             # the runtime says aloud that it came where nothing is: no error of ours
    def serve(name, data): page.route(f'**/{name}.gz', lambda route: (asked.append(name), route.fulfill(body=gzip.compress(data, 1))))
    for name, data in zip(('runtime.wasm', 'runtime.rest'), runtime(False)): serve(name, data)
    page.goto(f'{site}/write.html'); assert written(page) == usual and 'runtime.rest' in asked; page.close()

def test_sizes_of_a_module():
    sys.path.insert(0, str(ROOT/'docs')); import wasm
    for n in (0, 1, 127, 128, 300, 2**14-1, 2**14, 2**31): assert wasm.size(b'x'+wasm.leb(n)+b'y', 1) == (n, 1+len(wasm.leb(n)))
    a, b = b'\x00\x41\x07\x0b', b'\x01\x01\x7f\x20\x00\x0b'; module = wasm.joined({1: b'\x00', wasm.CODE: wasm.listed([a, wasm.EMPTY, b])})       # the second is empty from the beginning
    part, rest = wasm.cut(module, [True, True, False]); assert wasm.bodies(wasm.sections(part)[wasm.CODE]) == [a, wasm.EMPTY, wasm.EMPTY]
    assert rest == wasm.sized(wasm.EMPTY)+wasm.sized(b) and wasm.cut(module, None)[0] == module

@alive
def test_the_page_that_traces(open_):
    page = open_('trace.html'); seven(page); paths = traced(page)
    assert 1 <= len(paths) <= 2 and len(paths[0]) > 60
    x, y = map(float, re.match(r'M(\S+) (\S+?)C', paths[0]).groups()); assert x < 14 and y < 12       # begins on the left of the bar
    views(page, 'trace', full=True)
    page.click('#clear'); assert page.locator('#traced path').count() == 0
    page.click('#samples button:nth-child(5)'); assert traced(page)
    page.locator('#samples button:nth-child(9)').focus(); page.keyboard.press('Enter'); assert traced(page)
    with page.expect_download() as got: page.click('#save')
    assert b'<path' in got.value.path().read_bytes()

@alive
def test_a_finger_paints_too(open_):
    page = open_('trace.html', width=390, has_touch=True); page.wait_for_selector('#tracer:not([data-state=loading])', timeout=60_000)
    page.evaluate('''() => { const c = document.getElementById('canvas'), b = c.getBoundingClientRect(), at = (type, x, y) => c.dispatchEvent(new PointerEvent(type, {
      bubbles: true, pointerId: 1, pointerType: 'touch', isPrimary: true, clientX: b.left + x * b.width, clientY: b.top + y * b.height }))
      c.setPointerCapture = () => {}; at('pointerdown', .5, .2); for (let i = 1; i < 9; i++) at('pointermove', .5, .2 + .07 * i); at('pointerup', .5, .8) }''')
    assert len(traced(page)) == 1

@alive
def test_a_dot_is_a_tracing_too(open_):
    page = open_('trace.html', reduced_motion='reduce'); page.wait_for_selector('#tracer:not([data-state=loading])', timeout=60_000)
    page.click('#canvas'); traced(page); assert 'stroke' in page.inner_text('#status')

TRACE = '''async pictures => {
  const { Tracer } = await import('/_static/live/tracer.mjs'), tracer = await Tracer.load(), out = []
  for (const p of pictures) { const image = Float32Array.from(p), t = await tracer.trace(image); out.push({ strokes: await tracer.strokes(image), thin: [...t.thin], whole: t.strokes, moved: t.moved.at(-1) }) }
  return out
}'''

@alive
def test_the_page_traces_what_python_traces(open_):
    from handwriting_nb.digits import SAMPLE, load_mnist, thinned
    from handwriting_nb.ink import Ink
    from handwriting_nb.tracer import Tracer, polished
    tracer, images = Tracer.from_pretrained(), load_mnist('test', SAMPLE).images[:10]; pictures = images/np.float32(255)
    page = open_('trace.html'); found = page.evaluate(TRACE, [p.ravel().tolist() for p in pictures])
    assert np.array_equal([f['thin'] for f in found], thinned(images).reshape(10, -1)), 'thinned'
    same = [[len(s) for s in f['strokes']] == [len(s) for s in ink.strokes] and np.allclose(np.concatenate(f['strokes']), ink.points, atol=.02)
            for f, ink in zip(found, tracer.strokes(pictures))]
    assert sum(same) >= 9, same         # an act on the very edge may tip
    for f, thin in zip(found, thinned(images)):
        ink = polished([Ink(f['whole'])], thin[None])[0]
        assert np.abs(np.concatenate(f['moved'])-ink.points).max() < .25 and np.abs(np.concatenate(f['moved'])-ink.points).mean() < .02

# The files

def test_the_site_as_files():
    sys.path.insert(0, str(ROOT/'docs')); import check
    assert not list(check.faults(SITE))

def test_the_check_sees_what_is_wrong(tmp_path):
    sys.path.insert(0, str(ROOT/'docs')); import check
    (tmp_path/'a.html').write_text('<a href="b.html#here">x</a><a href="b.html#gone">x</a><a href="c.html">x</a><script src="https://x.org/y.js"></script><img src="p.png" alt="">')
    (tmp_path/'b.html').write_text('<p id="here" style="background: url(//x.org/p.png)"><a href="https://x.org">outside</a></p><link rel="stylesheet" href="s.css">')
    (tmp_path/'s.css').write_text('@import "https://x.org/s.css"; p { background: url(data:image/png;base64,AA) }')
    found = '\n'.join(check.faults(tmp_path.resolve()))
    for what in ('b.html#gone', 'c.html: there is no such file', 'p.png: there is no such file', 'loads https://x.org/y.js', 'loads //x.org/p.png', 's.css: loads https://x.org/s.css'):
        assert what in found, (what, found)
    assert found.count('\n') == 5 and [s for _, s in check.silent(tmp_path)] == ['p.png']

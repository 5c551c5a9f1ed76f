"""The widgets in JupyterLab, in Chromium: `python tests/screens.py` writes their pictures, images/widget-*.png;
`python tests/screens.py --time` says how long the first ink takes after the last key, and a line.
`tests/test_widgets.py` uses the same laboratory. It needs JupyterLab, playwright and a Chromium; `missing` says what is not there."""
import ast, importlib.util, io, json, os, secrets, shutil, socket, subprocess, sys, tempfile, time
from contextlib import contextmanager
from pathlib import Path

SETUP = ("from handwriting_nb.widgets import Pad, Tracer, Writer\nwriter, tracer = Writer.from_pretrained(), Tracer.from_pretrained()\n"
         "w, pad, easel = writer.widget(text='', style=2), Pad(), tracer.widget()")
CELLS = SETUP, 'w', 'pad', 'easel'
QUIET = {'notification': dict(fetchNews='false', checkForUpdates=False, doNotDisturbMode=True)}
UNUSED = ('audio', 'celltags', 'csvviewer', 'debugger', 'extensionmanager', 'fileeditor', 'help', 'htmlviewer', 'hub', 'imageviewer', 'inspector', 'javascript', 'json',
          'launcher', 'logconsole', 'markdownviewer', 'mermaid', 'pdf', 'pluginmanager', 'terminal', 'tooltip', 'vega5', 'video')   # nobody looks at them here, and they take time
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

def chromium():
    "Path of a Chromium, or None"
    return os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)

def missing():
    "What a test in a browser lacks here, in words; nothing where it can run"
    for module in ('jupyterlab', 'anywidget', 'playwright'):
        if not importlib.util.find_spec(module): return f'{module} is not installed (pip install {module})'
    if not chromium(): return 'no Chromium was found (apt install chromium, or name one: CHROMIUM=/path/to/it)'

def notebook(cells):
    code = lambda s: dict(cell_type='code', source=s, metadata={}, outputs=[], execution_count=None)
    return dict(nbformat=4, nbformat_minor=4, metadata=dict(kernelspec=dict(name='python3', display_name='python3')), cells=list(map(code, cells)))

def _free_port():
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); return s.getsockname()[1]

@contextmanager
def lab(theme='light', cells=CELLS):
    "JupyterLab on this machine alone, with nothing of its user's: the address of a notebook, and the folder of its kernels"
    with tempfile.TemporaryDirectory() as home:
        home = Path(home); work = home/'work'; work.mkdir(); settings = home/'settings'/'@jupyterlab'/'apputils-extension'; settings.mkdir(parents=True)
        (work/'try.ipynb').write_text(json.dumps(notebook(cells)))
        for name, what in (QUIET | {'themes': dict(theme=f'JupyterLab {theme.title()}')}).items():
            (settings/f'{name}.jupyterlab-settings').write_text(json.dumps(what))
        (home/'config'/'labconfig').mkdir(parents=True)
        (home/'config'/'labconfig'/'page_config.json').write_text(json.dumps(dict(disabledExtensions={f'@jupyterlab/{n}-extension': True for n in UNUSED})))
        port, token = _free_port(), secrets.token_hex(16)
        env = os.environ | dict(JUPYTER_CONFIG_DIR=str(home/'config'), JUPYTER_RUNTIME_DIR=str(home/'runtime'), JUPYTER_DATA_DIR=str(home/'data'),
                                IPYTHONDIR=str(home/'ipython'), JUPYTERLAB_SETTINGS_DIR=str(home/'settings'), JUPYTERLAB_WORKSPACES_DIR=str(home/'spaces'),
                                JUPYTER_TOKEN=token)
        command = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--expose-app-in-browser', '--ip=127.0.0.1', f'--port={port}',
                   '--ServerApp.port_retries=0', f'--ServerApp.root_dir={work}']
        with open(home/'log', 'w+b') as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            try: _listens(server, port, home/'log'); yield f'http://127.0.0.1:{port}/lab/tree/try.ipynb?token={token}&reset', home/'runtime'
            finally:
                server.terminate()
                try: server.wait(30)
                except subprocess.TimeoutExpired: server.kill(); server.wait()

def _listens(server, port, log, patience=180):
    "Wait until the server answers"
    end = time.monotonic()+patience
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as s:
            if not s.connect_ex(('127.0.0.1', port)): return
        time.sleep(.1)
    raise RuntimeError(f'JupyterLab did not start: {log.read_text()[-2000:]}')

@contextmanager
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        b = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        try: yield b
        finally: b.close()

def run_all(page, url, patience=300_000):      # a busy machine takes its time
    "Open the notebook and run its cells"
    page.set_default_timeout(patience); page.goto(url); page.wait_for_selector('.jp-Notebook .jp-Cell')
    page.locator('.jp-Notebook .jp-Cell').first.click()
    for _ in range(patience//3000):                  # as long as there is no kernel, the wish is lost
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"); page.wait_for_timeout(3000)
        if page.evaluate("[...document.querySelectorAll('.jp-InputPrompt')].some(e => /[\\d*]/.test(e.textContent))"): break
    page.evaluate("() => { window.jupyterapp.commands.execute('application:toggle-left-area'); }")
    page.wait_for_selector('.hw-tracer'); page.wait_for_selector('.hw-writer'); page.wait_for_selector('.hw-pad')

@contextmanager
def kernel(runtime):
    "Ask the notebook's kernel: a function from an expression to its value"
    from jupyter_client import BlockingKernelClient
    files = sorted(runtime.glob('kernel-*.json'), key=lambda p: p.stat().st_mtime); client = BlockingKernelClient(connection_file=str(files[-1]))
    client.load_connection_file(); client.start_channels()
    def ask(expression):
        said = client.execute('', user_expressions=dict(a=expression), store_history=False, reply=True, timeout=30)['content']['user_expressions']['a']
        assert said['status'] == 'ok', said
        return ast.literal_eval(said['data']['text/plain'])
    try: yield ask
    finally: client.stop_channels()

def type_text(page, text):
    box = page.locator('.hw-writer').get_by_label('Text'); box.fill(''); box.press_sequentially(text, delay=15)

def written(page, text, patience=300_000):
    "Wait until the pen has come to the end of a line with this text"
    page.wait_for_function("""t => { const s = document.querySelector('.hw-writer .hw-line'), p = document.querySelector('.hw-writer [role=status]');
        return s?.getAttribute('aria-label') === 'Handwriting: '+t && / points in /.test(p.textContent) && !document.querySelector('.hw-writer .hw-at input').disabled
               && +document.querySelector('.hw-writer .hw-at input').max+1 === +p.textContent.match(/(\\d+) points/)[1]; }""", arg=text, timeout=patience)

def click_ink(page, share):
    "Click the ink at a share of its way through the strokes"
    x, y = page.evaluate("""share => { const all = [...document.querySelectorAll('.hw-ink path')], p = all[Math.floor(share*all.length)], q = p.getPointAtLength(p.getTotalLength()/2);
        const at = new DOMPoint(q.x, q.y).matrixTransform(p.getScreenCTM()); return [at.x, at.y]; }""", share)
    page.mouse.click(x, y)
    page.wait_for_selector('.hw-futures path', state='attached')

def draw(page, selector, strokes, every=1):
    "Draw strokes of (x, y), from 0 to 1 across and down, with the mouse on an element"
    sheet = page.locator(selector); sheet.scroll_into_view_if_needed(); box = sheet.bounding_box()
    for s in strokes:
        at = [(box['x']+box['width']*x, box['y']+box['height']*y) for x, y in s]
        page.mouse.move(*at[0]); page.mouse.down()
        for p in [*at[1:-1:every], at[-1]]: page.mouse.move(*p)
        page.mouse.up()

SEVEN = [[(.24, .27), (.5, .26), (.74, .25), (.66, .4), (.56, .6), (.46, .84)], [(.38, .55), (.55, .53), (.7, .54)]]

def by_hand(page, share):
    "The beginning of a packaged style, as somebody would write it on the pad, for `draw`"
    from handwriting_nb.writer import styles
    box, ink = page.locator('.hw-pad .hw-paper').bounding_box(), styles()[2]; (x0, _, x1, _), y0, k = ink.bounds(), ink.baseline(), 36/ink.height()
    return [[((40+k*float(x-x0))/box['width'], .68+k*float(y-y0)/box['height']) for x, y in s] for s in ink.strokes if s[0, 0] < x0+share*(x1-x0)]

def shoot(page, selector, name, colours=64):
    "A picture of one widget, small"
    from PIL import Image
    e = page.locator(selector); e.scroll_into_view_if_needed(); page.wait_for_timeout(400)
    Image.open(io.BytesIO(e.screenshot())).convert('RGB').quantize(colours, dither=Image.Dither.NONE).save(f'images/{name}.png', optimize=True)

WATCH = """() => { const box = document.querySelector('.hw-writer input[type=text]'), ink = document.querySelector('.hw-ink'); let key = 0; window.first = [];
  box.addEventListener('input', () => { key = performance.now(); });
  new MutationObserver(() => { if (key) { window.first.push(Math.round(performance.now()-key)); key = 0; } }).observe(ink, {childList: true, subtree: true, attributeFilter: ['d']}); }"""

def time_it(texts=('Winter is coming', 'You know nothing, Jon Snow', 'the quick brown fox jumps', 'hello', 'What is dead may never die')):
    "Milliseconds from the last key to the first ink, for each of some texts, typed one after another"
    with lab() as (url, _), browser() as b:
        page = b.new_page(viewport=dict(width=1180, height=1000)); run_all(page, url); page.evaluate(WATCH)
        for t in texts: type_text(page, t); written(page, t); print(page.locator('.hw-writer [role=status]').text_content().split('. ')[0], flush=True)
        print('first ink after', page.evaluate('window.first'), 'ms', flush=True)

def main():
    if lacks := missing(): sys.exit(lacks)
    if '--time' in sys.argv: return time_it()
    sentence = 'You know nothing, Jon Snow'
    with lab() as (url, _), browser() as b:
        page = b.new_page(viewport=dict(width=1180, height=1000), device_scale_factor=1.25)
        run_all(page, url); type_text(page, sentence); written(page, sentence); page.wait_for_timeout(600); click_ink(page, .35)
        shoot(page, '.hw-writer', 'widget-writer', 96)
        draw(page, '.hw-pad .hw-paper', by_hand(page, .7), 2); shoot(page, '.hw-pad', 'widget-pad', 16)
        draw(page, '.hw-tracer canvas', SEVEN); page.wait_for_selector('.hw-tracer .hw-easel path', state='attached'); page.wait_for_timeout(3000)
        shoot(page, '.hw-tracer', 'widget-tracer', 48)
        page.set_viewport_size(dict(width=505, height=1000)); page.wait_for_timeout(1000)                                # of which the widget has 390
        page.evaluate("() => { window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); }"); page.wait_for_timeout(3000)
        click_ink(page, .5); page.wait_for_timeout(1000); shoot(page, '.hw-writer', 'widget-narrow', 96)

if __name__ == '__main__': main()

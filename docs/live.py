"""The two pages that are alive: what they need beside the sources in `docs/live`.

ONNX Runtime for the browser is too large for the repository: npm fetches it into the cache (`HANDWRITING_CACHE`, or
~/.cache/handwriting_nb), once, and its hash is compared with the one below. Without npm or a network the site is built without these pages."""
import base64, gzip, hashlib, os, re, shutil, subprocess, tarfile
from pathlib import Path
from wasm import called, cut

SOURCES = Path('docs/live')
PAGES = ('write', 'trace')
PACKAGE, VERSION = 'onnxruntime-web', '1.30.0'
HASH = 'q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=='      # SHA-512 of the packed package
GLUE, WASM = 'ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'
LARGEST = 20_000_000      # bytes of one of them
WITHOUT = """```{note}
This site was built without its live pages: they need npm and, once, a network. With them, `make docs` builds this page too.
```"""

class NotHere(Exception): "The runtime cannot be had; the message says why"

def genuine(path): return path.is_file() and base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode() == HASH

def fetched():
    "The packed package, from the cache or by npm. Raises `NotHere`."
    cache = Path(os.environ.get('HANDWRITING_CACHE') or os.path.expanduser('~/.cache/handwriting_nb'))/'npm'
    path = cache/f'{PACKAGE}-{VERSION}.tgz'
    if genuine(path): return path
    if not (npm := shutil.which('npm')): raise NotHere('npm is not installed')
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, 'pack', f'{PACKAGE}@{VERSION}', '--silent', '--fetch-retries', '1', '--pack-destination', str(cache.resolve())]
    try: done = subprocess.run(command, cwd=cache, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired: raise NotHere('npm did not answer in five minutes') from None
    if done.returncode: raise NotHere(f'npm could not fetch {PACKAGE} {VERSION}: is there a network?')
    if not genuine(path):
        path.unlink(missing_ok=True)
        raise NotHere(f'{PACKAGE} {VERSION} is not the package that this project was tested with: its hash differs')
    return path

def unpacked(name):
    "A file of the package. Raises `NotHere`."
    with tarfile.open(fetched()) as packed:
        member = packed.getmember(f'package/dist/{name}')
        if not member.isfile() or member.size > LARGEST: raise NotHere(f'{name} is no file of a page')
        return packed.extractfile(member).read()

def runtime(folder):
    "What a page needs of the runtime: its JavaScript, the functions that are called, and the others, both compressed. Raises `NotHere`."
    (folder/GLUE).write_bytes(unpacked(GLUE)); part, rest = cut(unpacked(WASM), called(VERSION))
    compress(folder/'runtime.wasm', part); compress(folder/'runtime.rest', rest)

def compress(path, data): path.with_name(f'{path.name}.gz').write_bytes(gzip.compress(data, 9, mtime=0))

def samples():
    "Ten digits of the package, from 0 to 9: bytes"
    from handwriting_nb.digits import SAMPLE, load_mnist
    digits = load_mnist('test', SAMPLE); labels = list(digits.labels)
    return b''.join(digits.images[labels.index(k)].tobytes() for k in range(10))

def live(folder):
    "Everything that the pages load, into a folder: True, or False and a line that says why not"
    from handwriting_nb.browser import export_browser
    from handwriting_nb.writer import styles
    shutil.rmtree(folder, ignore_errors=True); folder.mkdir(parents=True)
    for path in SOURCES.glob('*.[cm][sj]s'): shutil.copy(path, folder)
    try: runtime(folder)
    except NotHere as why:
        print(f'The pages that write and trace are left out: {why}.')
        shutil.rmtree(folder); return False
    export_browser(folder); (folder/'digits.bin').write_bytes(samples())
    for path in folder.glob('*.onnx'): compress(path, path.read_bytes()); path.unlink()
    for number, ink in styles().items(): ink.save(folder/f'style-{number}.svg')
    return True

def page(name, built):
    "The source of a page, in Markdown"
    text = re.sub(r'\]\(\.\./\.\./nbs/\d+[a-z]*_', '](', (SOURCES/f'{name}.md').read_text())
    if built: return text.replace(f':file: docs/live/{name}.html', (SOURCES/f'{name}.html').read_text().strip())
    head, _, rest = text.partition('```{raw}')
    return f'{head}{WITHOUT}{rest.partition("```")[2]}'

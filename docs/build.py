"Write `_proc/`, the source of the doc site, from the notebooks and the modules that they export."
import ast, base64, html, importlib, inspect, io, json, math, re, shutil, textwrap
from pathlib import Path
from execnb.nbio import mk_cell, read_nb, write_nb
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.process import NBProcessor
from nbdev.processors import clean_magics, hide_, hide_line, populate_language, rm_header_dash, strip_ansi
from PIL import Image
import live

settings = get_config()
OUT, STATIC = Path('_proc'), Path('_proc/.static')     # STATIC: files that the pages load

# What the package offers

def symbols():
    "{module: [name, ...]} of what the modules export and document, in the order of the notebooks: `Ink`, `Ink.offsets`"
    index = importlib.import_module(f'{settings.lib_name}._modidx').d['syms']
    return {m: names for m in sorted(index, key=lambda m: notebook(m).name) if (names := public(m, index[m]))}

def public(module, names):
    "Of the names that nbdev found in `module`, those that stand in its `__all__`, and the documented members of those"
    exported = importlib.import_module(module).__all__
    names = [n.removeprefix(f'{module}.') for n in names]
    return [n for n in names if n.split('.')[0] in exported and '_' not in (p[0] for p in n.split('.'))
            and ('.' not in n or find(module, n).__doc__)]

def find(module, name):
    "The object that `name`, such as `Ink.offsets`, stands for in `module`"
    obj = importlib.import_module(module)
    for part in name.split('.'): obj = inspect.getattr_static(obj, part)
    if isinstance(obj, property): return obj.fget
    return getattr(obj, '__func__', obj)

def notebook(module):
    "The notebook that `module` was exported from, as the module itself says"
    source = Path(*module.split('.')).with_suffix('.py').read_text()
    return settings.nbs_path/Path(re.search(r'File to edit: (\S+\.ipynb)', source)[1]).name

def label(module, name):
    "Where links to a name go. Labels know no capitals, so that `Mixture` and `mixture` need a word to tell them apart."
    return f'{"class" if name[0].isupper() else "function"}-{module.split(".")[-1]}.{name}'.lower()

# The page that describes it

def declaration(obj):
    "The source of a function or class as far as a caller needs it: the parameters and fields, with the comments beside them"
    lines = textwrap.dedent(inspect.getsource(inspect.unwrap(obj))).splitlines()
    node = ast.parse('\n'.join(lines)).body[0]
    parts = [header(lines, node)]
    if isinstance(node, ast.ClassDef):
        parts += ['\n'.join(lines[f.lineno-1:f.end_lineno]) for f in node.body if isinstance(f, ast.AnnAssign)]
        parts += [header(lines, f) for f in node.body if getattr(f, 'name', '') == '__init__']
    return '\n'.join(parts)

def header(lines, node):
    "From `def` or `class` to the colon and the comments after it"
    first = node.body[0]
    return '\n'.join(lines[node.lineno-1:first.lineno-1]+[lines[first.lineno-1][:first.col_offset]]).rstrip()

def describe(module, name, names):
    "One entry of the API page, in Markdown"
    obj = find(module, name)
    doc = '' if (obj.__doc__ or '').startswith(f'{name}(') else inspect.cleandoc(obj.__doc__ or '')   # NamedTuple writes its own
    doc = linked(doc.replace('$', r'\$'), names)
    return f'({label(module, name)})=\n### {name}\n\n```python\n{declaration(obj)}\n```\n\n{doc}\n'

def api(syms, names):
    "The API page: every exported name under its module"
    page = ['# API', 'Everything that the package exports, chapter by chapter.']
    for module, exported in syms.items():
        page += [f'## {module}', f'Explained in [{title(notebook(module))}]({target(notebook(module))}).']
        page += [describe(module, n, names) for n in exported]
    return '\n\n'.join(page)

# The chapters

def target(path):
    "Where a notebook goes below `_proc`: `nbs/00_ink.ipynb` becomes `ink.ipynb`"
    path = Path(path).absolute().relative_to(settings.nbs_path.absolute())
    return path.with_name(re.sub(r'^\d+[a-z]*_', '', path.name))

def title(path):
    "The first heading of a notebook, or its name where it has none"
    text = '\n'.join(c.source for c in read_nb(path).cells if c.cell_type == 'markdown')
    heading = re.search(r'^# (.+)', text, re.M)
    return heading[1] if heading else target(path).stem

def linked(text, names):
    "Markdown in which `Ink`, in code letters, leads to its place in the API; code blocks, links and equations stay as they are"
    def link(m): return f'[{m[0]}](#{names[m[1]]})' if m[1] in names else m[0]
    parts = re.split(r'(^```.*?^```|\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$)', text, flags=re.M|re.S)
    return ''.join(p if i % 2 else re.sub(r'(?<!`)`([\w.]+)(?:\(\))?`(?!`)', link, p) for i, p in enumerate(parts))

def links(names):
    "A processor for prose: notebooks and other pages are linked by their names on the site, and names to the API"
    def process(cell):
        if cell.cell_type != 'markdown': return
        text = re.sub(r'(\]\((?:[\w.-]+/)*)\d+[a-z]*_(\w+\.ipynb)', r'\1\2', cell.source)
        text = re.sub(r'\]\((?:\.\./)+(?:docs/live/)?([\w./-]+\.md)', r'](/\1', text)
        cell.source = linked(text, names)
    return process

def says(cell):
    "What ink says that a cell shows: the title of its SVG"
    shown = ''.join(''.join(o.get('data', {}).get('image/svg+xml', '')) for o in cell.get('outputs', []))
    return ' / '.join(html.unescape(t).replace('\n', ' / ') for t in re.findall(r'<title>(.+?)</title>', shown, re.S))[:300]

def directives(cell):
    "A processor for code: what `#|` lines ask for, as myst-nb has it"
    if cell.cell_type != 'code' or not cell.get('source'): return
    asked = {k.rstrip(':'): ' '.join(v) for k, v in cell.directives_.items()}
    tags = [f'remove-{part}' for name, part in (('echo', 'input'), ('output', 'output')) if asked.get(name) == 'false']
    if tags: cell.metadata['tags'] = tags
    if alt := asked.get('fig-alt') or says(cell): cell.metadata['mystnb'] = {'image': {'alt': alt}}
    cell.source = re.sub(r'^\s*#\|.*\n?', '', cell.source, flags=re.M)
    if not cell.source.strip(): del cell['source']

def default_exp_(cell, module):
    "A processor: the cell that names the module is for nbdev, not for readers"
    del cell['source']

def source(path): return Path(path).absolute().relative_to(settings.nbs_path.absolute().parent).as_posix()

def doors(path):
    "Where a chapter can be had as a notebook, and changed: a line of links"
    up, git = '../'*(len(target(path).parts)-1), settings.git_url
    return (f'<p class="doors"><a href="{up}_static/notebooks/{path.name}" download>Open the notebook</a>'
            f'<a href="{git}/edit/{settings.branch}/{source(path)}">Edit this page</a></p>')

def with_doors(nb, path):
    "The links, below the title and the line under it"
    cell = next(c for c in nb.cells if c.cell_type == 'markdown' and c.source.lstrip().startswith('# '))
    cell.source = re.sub(r'\A(\s*# .*\n(?:\s*\n)*(?:>.*\n?)*)', lambda m: f'{m[1].rstrip()}\n\n{doors(path)}\n\n', cell.source+'\n')

def bare(path):
    "A notebook without outputs, to run: what the link gives, as text"
    nb = json.loads(Path(path).read_text())
    for cell in nb['cells']:
        if cell['cell_type'] == 'code': cell |= dict(outputs=[], execution_count=None)
    return json.dumps(nb, ensure_ascii=False, separators=(',', ':'))

def lighter(png):
    "A picture, base64, with 256 colours, where that takes a good part of its bytes"
    data = base64.b64decode(png); out = io.BytesIO()
    Image.open(io.BytesIO(data)).convert('RGB').quantize(256, dither=Image.Dither.NONE).save(out, 'png', optimize=True)
    return base64.b64encode(out.getvalue()).decode() if out.tell() < .8*len(data) else png

def nearer(path, digits):
    "A path whose points are told from the end of the curve before, which takes fewer digits"
    one = 10**digits; x, y, *rest = (round(float(v)*one) for v in (path[1], path[2], *path[3].split())); at = (x, y); out = []
    short = lambda v: re.sub(r'^(-?)0(?=\.)', r'\1', f'{v/one:.{digits}f}'.rstrip('0').rstrip('.') if digits else str(v))
    for k in range(0, len(rest), 6):
        out += [short(v-at[i % 2]) for i, v in enumerate(rest[k:k+6])]; at = rest[k+4:k+6]
    return f'M{short(x)} {short(y)}c'+re.sub(r' (?=-)', '', ' '.join(out))

def rounder(svg):
    "Ink with the decimals that an eye can see: a ten-thousandth of its width"
    box = re.search(r'data-ink.*?viewBox="\S+ \S+ (\S+) \S+"', svg)
    if not box: return svg
    digits = max(0, math.ceil(4-math.log10(float(box[1]) or 1))); svg = re.sub(r'(?<=d=")M(\S+) (\S+)C([-\d. e]+)(?=")', lambda m: nearer(m, digits), svg)
    return re.sub(r'-?\d+\.\d+', lambda m: f'{float(m[0]):.{digits}f}'.rstrip('0').rstrip('.') if len(m[0].rpartition('.')[2]) > digits else m[0], svg)

def lighten(nb):
    for data in (o.get('data', {}) for c in nb.cells if c.cell_type == 'code' for o in c.outputs):
        if 'image/png' in data: data['image/png'] = lighter(''.join(data['image/png']))
        if 'image/svg+xml' in data: data['image/svg+xml'] = rounder(''.join(data['image/svg+xml']))

def chapter(path, names):
    "A notebook as the site shows it"
    nb = read_nb(path); with_doors(nb, path); lighten(nb)
    nb.metadata['language_info'] = {'name': 'python', 'pygments_lexer': 'ipython3'}
    NBProcessor(nb=nb, procs=[populate_language, strip_ansi, hide_line, rm_header_dash, clean_magics, hide_, default_exp_,
                              links(names), directives]).process()
    return nb

def papers():
    "The Markdown pages of the repository that stand on the site too: its changes, how to contribute, the cards of weights and samples"
    return [Path('CHANGELOG.md'), Path('CONTRIBUTING.md'), *sorted(Path(settings.lib_name, 'data').rglob('*.md'))]

def on_the_site(text):
    "Links from the top of the repository to notebooks, as links to their pages"
    return re.sub(r'\]\(nbs/([\w/.-]+\.ipynb)\)', lambda m: f'](/{target(settings.nbs_path/m[1]).as_posix()})', text)

def contents(paths):
    "The table of contents: chapters, longer trips, API and papers"
    inside = [target(p).with_suffix('').as_posix() for p in paths]
    groups = {'Try it': live.PAGES, 'Chapters': [p for p in inside if '/' not in p and p != 'index'], 'Tutorials': [p for p in inside if '/' in p],
              'Reference': ['api', *(p.with_suffix('').as_posix() for p in papers())]}
    return '\n'.join('```{toctree}\n:hidden:\n:caption: '+c+'\n\n'+'\n'.join(g)+'\n```\n' for c, g in groups.items() if g)

def put(path, write):
    "`write(place)`, with a folder made for the place of `path` below `_proc`"
    place = OUT/path
    place.parent.mkdir(parents=True, exist_ok=True)
    write(place)

def main():
    for old in (OUT, settings.doc_path): shutil.rmtree(old, ignore_errors=True)     # a site holds nothing of an older one
    OUT.mkdir()
    syms, paths = symbols(), sorted(map(Path, nbglob()))
    names = {n: label(m, n) for m, ns in syms.items() for n in ns}
    for path in paths:
        nb = chapter(path, names)
        if path.stem == 'index': nb.cells.append(mk_cell(contents(paths), 'markdown'))
        put(target(path), lambda place: write_nb(nb, place))
        put(STATIC.relative_to(OUT)/'notebooks'/path.name, lambda place: place.write_text(bare(path)))
    for path in papers(): put(path, lambda place: place.write_text(on_the_site(path.read_text())))
    put('api.md', lambda place: place.write_text(api(syms, names)))
    built = live.live(STATIC/'live')
    for name in live.PAGES: put(f'{name}.md', lambda place: place.write_text(live.page(name, built)))
    sources = {p.with_suffix('').as_posix(): source(f) for f in paths for p in [target(f)]} | {p.with_suffix('').as_posix(): p.as_posix() for p in papers()}
    put('.sources.json', lambda place: place.write_text(json.dumps(sources | {n: f'docs/live/{n}.md' for n in live.PAGES})))

if __name__ == '__main__': main()

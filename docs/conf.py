"How Sphinx reads `_proc/`, which `docs/build.py` has written from the notebooks."
import json, re
from pathlib import Path
from nbdev.config import get_config

settings = get_config()
project, author, copyright, release = settings.title, settings.author, settings.copyright, settings.version
extensions = ['myst_nb', 'sphinx-mathjax-offline']

nb_execution_mode = 'off'                # the outputs are those saved in the notebooks
nb_render_markdown_format = 'myst'
nb_ipywidgets_js = {}                    # the default asks two other sites for scripts: no page here does
myst_enable_extensions = ['amsmath', 'dollarmath']
myst_heading_anchors = 4

html_theme = 'furo'
html_title = settings.title
html_static_path = ['_static', '../_proc/.static']
exclude_patterns = ['.static']
html_css_files = ['book.css']
html_favicon = '_static/favicon.svg'
html_show_sourcelink = False
html_copy_source = False

# Links to the source of a page: its notebook, not the copy that Sphinx reads

html_theme_options = {'source_repository': settings.git_url, 'source_branch': settings.branch, 'source_directory': ''}

def to_source(app, page, template, context, doctree):
    source = json.loads((Path(app.srcdir)/'.sources.json').read_text()).get(page)
    for what, verb in (('view', 'blob'), ('edit', 'edit')):
        context[f'theme_source_{what}_link'] = f'{settings.git_url}/{verb}/{settings.branch}/{source}' if source else ''
    if not source: context['page_source_suffix'] = context['theme_source_repository'] = ''

# MathJax comes with twenty megabytes that no page here asks for: other outputs, speech, a menu. The theme's maps are for its authors.

mathjax3_config = {'options': {'enableMenu': False}}

def slim(app, failed):
    for path in (Path(app.outdir)/'_static'/'mathjax').rglob('*'):
        if path.is_file() and path.name != 'tex-chtml.js' and 'woff-v2' not in path.parts: path.unlink()
    for path in (Path(app.outdir)/'_static').rglob('*.map'): path.unlink()
    for path in Path(app.outdir).rglob('*.html'):
        path.write_text(re.sub(r'<span class="(?:n|w|p)">([^<]*)</span>', r'\1', path.read_text()))     # code in the colour of all text

def setup(app):
    app.connect('html-page-context', to_source)
    app.connect('build-finished', slim, priority=900)     # after the extension has copied them

"How Sphinx reads `_proc/`, which `docs/build.py` has written from the notebooks."
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
html_static_path = ['_static']
html_css_files = ['book.css']
html_show_sourcelink = False
html_copy_source = False

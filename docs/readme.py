"Write `README.md`, and its pictures `images/readme_*`, from `nbs/index.ipynb`."
import re
from pathlib import Path
import nbformat
from execnb.nbio import nb2str, read_nb
from nbconvert import MarkdownExporter
from nbdev.process import NBProcessor
from nbdev.processors import clean_magics, hide_, hide_line, populate_language, rm_export, strip_ansi
from build import directives

NOTE = '<!-- Made from nbs/index.ipynb by docs/readme.py: edit that. -->'
HIDE = {'TagRemovePreprocessor': {'enabled': True, 'remove_input_tags': {'remove-input'}, 'remove_all_outputs_tags': {'remove-output'}}}

def read(path):
    "A notebook without what is not for readers"
    nb = read_nb(path)
    nb.metadata['language_info'] = {'name': 'python'}     # or the code blocks lose their colours
    NBProcessor(nb=nb, procs=[populate_language, strip_ansi, hide_line, rm_export, clean_magics, hide_, directives]).process()
    nb = nbformat.reads(nb2str(nb), 4)
    for cell in nb.cells:
        for out in cell.get('outputs', []): out.get('data', {}).pop('image/jpeg', None)     # pictures come as PNG, too
    return nb

def convert(nb):
    "Markdown, and {file name: bytes} of the pictures"
    text, found = MarkdownExporter(config=HIDE).from_notebook_node(nb, resources={'output_files_dir': 'images', 'unique_key': 'readme'})
    def described(m): return f"![{nb.cells[int(m[2])].metadata.get('mystnb', {}).get('image', {}).get('alt', 'ink')}]({m[1]})"
    return re.sub(r'!\[\w+\]\((images/readme_(\d+)_\d+\.\w+)\)', described, text), found['outputs']

def from_root(text):
    "Links that were relative to `nbs/` as they are seen from the top folder"
    text = re.sub(r'(\]\()(?=[\w/-]+\.ipynb)', r'\1nbs/', text)
    return text.replace('](../', '](').replace('src="../', 'src="')

def main():
    text, pictures = convert(read('nbs/index.ipynb'))
    for old in Path('images').glob('readme_*'):
        if str(old) not in pictures: old.unlink()
    Path('images').mkdir(exist_ok=True)
    for name, content in pictures.items(): Path(name).write_bytes(content)
    text = re.sub(r'\n\s*\n', '\n\n', from_root(text))
    Path('README.md').write_text(f'{NOTE}\n\n{text.strip()}\n')

if __name__ == '__main__': main()

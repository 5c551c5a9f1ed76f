"""Run notebooks and save their outputs: `python docs/execute.py [NOTEBOOK...]`, all of them if none is named.
Cells marked `#| slow`, `#| gpu` or `#| eval: false` do not run and keep the outputs that they have."""
import os, re, sys, time
from pathlib import Path
import nbformat
from nbclient import NotebookClient
from nbdev.doclinks import nbglob

SKIP = re.compile(r'^\s*#\|\s*(slow|gpu|eval:\s*false)\b', re.M)

def run(path):
    "Run one notebook in its own folder; the file changes only if all of it went well"
    nb = nbformat.read(path, 4)
    for cell in nb.cells:
        if cell.cell_type == 'code' and SKIP.search(cell.source): cell.metadata['tags'] = ['skip-execution']
    NotebookClient(nb, timeout=600, kernel_name='python3', store_widget_state=False, resources={'metadata': {'path': str(path.parent)}}).execute()
    for cell in nb.cells: cell.metadata.pop('tags', None)
    new = path.with_suffix('.new')
    nbformat.write(nb, new)
    os.replace(new, path)

def main():
    for path in map(Path, sys.argv[1:] or sorted(nbglob())):
        start = time.perf_counter()
        run(path)
        print(f'{path.name}: {time.perf_counter()-start:.0f} s', flush=True)

if __name__ == '__main__': main()

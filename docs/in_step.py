"""Check that notebooks, modules and README say the same: exporting, cleaning and writing README again must change no file.
What was not in step is afterwards, and stands in the working tree to be looked at and committed."""
import hashlib, subprocess, sys
from pathlib import Path

BIN = Path(sys.executable).parent
STEPS = {'nbdev_export': [BIN/'nbdev_export'], 'nbdev_clean': [BIN/'nbdev_clean'],
         'docs/readme.py': [sys.executable, 'docs/readme.py']}
WATCHED = ('nbs/**/*.ipynb', 'handwriting_nb/**/*.py', 'images/*', '*.*')

def snapshot():
    "{path: digest} of every file that one of the steps could write"
    files = {p for w in WATCHED for p in Path().glob(w) if p.is_file() and '.ipynb_checkpoints' not in p.parts}
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

def changed(command):
    "Run `command`; the files that it wrote differently, made or removed"
    before = snapshot()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = snapshot()
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))

def main():
    late = [(path, name) for name, command in STEPS.items() for path in changed(command)]
    for path, name in late: print(f'{path} was not in step: {name} has changed it. Look at it, and commit it.')
    if not late: print('Notebooks, modules and README are in step.')
    return bool(late)

if __name__ == '__main__': sys.exit(main())

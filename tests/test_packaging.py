"What `pip install` promises: the same requirements in both files, one version, and a package that works without Jupyter"
import runpy, subprocess, sys
from configparser import ConfigParser
from pathlib import Path
import numpy as np, pytest
import handwriting_nb
from handwriting_nb.ink import Ink
from handwriting_nb.writer import styles
if sys.version_info >= (3, 11): import tomllib
else: import tomli as tomllib

ROOT = Path(__file__).parents[1]
FOR_NOTEBOOKS = {'nbdev', 'execnb', 'fastcore', 'IPython', 'ipykernel', 'ipywidgets', 'jupyter_core', 'jupyterlab', 'matplotlib',
                 'nbclient', 'nbformat'}

@pytest.fixture(scope='module')
def settings():
    parser = ConfigParser()
    parser.read(ROOT/'settings.ini')
    return parser['DEFAULT']

@pytest.fixture(scope='module')
def project(): return tomllib.loads((ROOT/'pyproject.toml').read_text())['project']

def test_same_requirements_in_both_files(settings, project):
    assert settings['requirements'].split() == project['dependencies']
    assert set(settings['dev_requirements'].split()) <= set(project['optional-dependencies']['dev'])

def test_same_facts_in_both_files(settings, project):
    assert settings['lib_name'] == project['name']
    assert f">={settings['min_python']}" == project['requires-python']
    assert settings['description'] == project['description']

def test_version_is_that_of_settings(settings): assert handwriting_nb.__version__ == settings['version']

@pytest.mark.parametrize('module', ['handwriting_nb', 'handwriting_nb.cli', 'handwriting_nb.writer'])
def test_import_needs_nothing_of_notebooks(module):
    code = f'import sys, {module}; print(*sys.modules)'
    loaded = subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True).stdout
    assert not FOR_NOTEBOOKS & {m.split('.')[0] for m in loaded.split()}

def test_ink_on_the_site_is_the_ink(monkeypatch):
    "It is written shorter there, and no point is off by more than an eye can see"
    pytest.importorskip('nbdev'); monkeypatch.chdir(ROOT); monkeypatch.syspath_prepend(ROOT/'docs'); rounder = runpy.run_path(str(ROOT/'docs'/'build.py'), run_name='site')['rounder']
    for ink in [*styles().values()][:3]:
        svg = ink.svg(); short = rounder(svg); a, b = Ink.from_svg(svg), Ink.from_svg(short); x0, _, x1, _ = ink.bounds()
        assert len(short) < .75*len(svg) and [len(s) for s in a.strokes] == [len(s) for s in b.strokes] and np.abs(a.points-b.points).max() < 2e-4*(x1-x0)

"What `pip install` promises: the same requirements in both files, one version, and a package that works without Jupyter"
import subprocess, sys
from configparser import ConfigParser
from pathlib import Path
import pytest
import handwriting_nb
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

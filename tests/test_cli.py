"Bad input gets one line and exit status 2; nothing half-written, nothing overwritten."
import os, subprocess, sys
import pytest
from handwriting_nb.ink import Ink
from handwriting_nb.writer import DATA

def run(*args, cwd, stdin='', **env):
    return subprocess.run([sys.executable, '-m', 'handwriting_nb.cli', *map(str, args)], cwd=cwd, input=stdin, capture_output=True, text=True, env={**os.environ, **env})

@pytest.mark.parametrize('suffix', ['svg', 'png', 'gif', 'inkml'])
def test_every_format(tmp_path, suffix):
    r = run('write', 'Jon', '-o', f'jon.{suffix}', '--seed', 1, cwd=tmp_path)
    assert r.returncode == 0, r.stderr
    assert (tmp_path/f'jon.{suffix}').stat().st_size > 200

def test_same_seed_same_file(tmp_path):
    for name in 'ab': assert run('write', 'Winter is coming', '-o', f'{name}.svg', '--seed', 5, '--style', 2, cwd=tmp_path).returncode == 0
    assert (tmp_path/'a.svg').read_bytes() == (tmp_path/'b.svg').read_bytes()

def test_default_name_never_overwrites(tmp_path):
    for _ in range(2): assert run('write', 'Jon', cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ['handwriting-2.svg', 'handwriting.svg']

def test_lines_of_standard_input_become_lines_of_ink(tmp_path):
    assert run('write', '-o', 'two.svg', '--seed', 1, cwd=tmp_path, stdin='Winter\nis coming\n').returncode == 0
    x0, y0, x1, y1 = Ink.open(tmp_path/'two.svg').bounds(); assert y1-y0 > 40

BAD = {'empty': ['write', ''], 'spaces': ['write', '   '], 'character': ['write', 'naïve'], 'far character': ['write', 'привет'], 'control': ['write', 'a\x07b'],
       'style': ['write', 'x', '--style', 99], 'bias': ['write', 'x', '--bias', '-1'], 'bias nan': ['write', 'x', '--bias', 'nan'], 'bias inf': ['write', 'x', '--bias', 'inf'],
       'suffix': ['write', 'x', '-o', 'x.doc'], 'no suffix': ['write', 'x', '-o', 'x'], 'folder': ['write', 'x', '-o', 'folder.svg'], 'exists': ['write', 'x', '-o', 'there.svg'],
       'below a file': ['write', 'x', '-o', 'there.svg/x.svg'], 'weights missing': ['write', 'x', '--weights', 'none.safetensors'], 'weights torn': ['write', 'x', '--weights', 'torn.safetensors'],
       'weights name': ['write', 'x', '--weights', 'scribe'], 'gpu': ['write', 'x', '--device', 'cuda'], 'device': ['write', 'x', '--device', 'abacus'], 'seed': ['write', 'x', '--seed', '-3'],
       'width': ['write', 'x', '--width', 0], 'no text': ['write'], 'network': ['train', 'poetry', '--out', 'run'], 'data': ['train', 'synthesis', '--data', 'nowhere', '--out', 'run'],
       'steps': ['train', 'synthesis', '--steps', 0, '--out', 'run'], 'not a number': ['write', 'x', '--bias', 'much'], 'option': ['write', 'x', '--font', 'Arial']}

@pytest.mark.parametrize('args', BAD.values(), ids=BAD.keys())
def test_bad_input(tmp_path, args):
    (tmp_path/'there.svg').write_text('mine'); (tmp_path/'folder.svg').mkdir()
    (tmp_path/'torn.safetensors').write_bytes(b'\x08\0\0\0'); (tmp_path/'torn.json').write_text('{"alphabet": "ab"}')
    before = sorted(tmp_path.iterdir())
    r = run(*args, cwd=tmp_path, CUDA_VISIBLE_DEVICES='')
    assert r.returncode == 2 and r.stdout == ''
    assert len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert sorted(tmp_path.iterdir()) == before and (tmp_path/'there.svg').read_text() == 'mine'

def test_fold_offers_and_writes(tmp_path):
    r = run('write', 'José', cwd=tmp_path); assert "'é'" in r.stderr and 'position 4' in r.stderr and "'e'" in r.stderr and '--fold' in r.stderr
    assert run('write', 'José', '--fold', cwd=tmp_path).returncode == 0

def test_overwrites_when_asked(tmp_path):
    (tmp_path/'there.svg').write_text('old')
    assert run('write', 'x', '-o', 'there.svg', '--force', cwd=tmp_path).returncode == 0
    assert Ink.open(tmp_path/'there.svg').text == 'x'

def test_training_goes_on_from_weights_of_ones_own(tmp_path):
    train = ['train', 'synthesis', '--data', DATA/'iam-sample', '--steps', 1, '--batch', 4]
    assert run(*train, '--start', 'writer', '--out', 'a', cwd=tmp_path).returncode == 0
    assert run(*train, '--start', 'a/network.safetensors', '--out', 'b', cwd=tmp_path).returncode == 0
    assert run('write', 'Jon', '--weights', 'b/network.safetensors', '-o', 'jon.svg', cwd=tmp_path).returncode == 0
    r = run(*train, '--start', 'b/log.csv', '--out', 'c', cwd=tmp_path); assert r.returncode == 2 and not (tmp_path/'c').exists(), r.stderr

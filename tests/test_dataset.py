"Many lines: what does not belong on the page."
import json, os, pickle, signal, subprocess, sys, time
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from handwriting_nb import BadInput, Ink
from handwriting_nb.dataset import PLAN, _names, _pack, _unpack, line_of, lines_to_write, load_plan, make_plan, missing, read_shard, read_shards, save_plan, write_again, write_many, write_shard
from handwriting_nb.training import ALPHABET
from handwriting_nb.window import Alphabet

TEXTS = ['You know nothing, Jon Snow', 'Winter is coming', 'ink']; HOW = dict(seed=1, shard=4, quiet=True, workers=1)

@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')/'lines'; write_many(TEXTS, folder, 10, **HOW); return folder

def contents(folder): return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}

# The plan

@given(st.lists(st.text(alphabet='ab ,\n', max_size=150), min_size=1, max_size=4))
def test_every_word_is_written_and_no_line_is_too_long(texts):
    words = ' '.join(texts).split()
    if not words:
        with pytest.raises(BadInput): lines_to_write(texts, Alphabet(ALPHABET)); return
    else:
        lines = lines_to_write(texts, Alphabet(ALPHABET)); assert all(0 < len(l) <= 60 and l == ' '.join(l.split()) for l in lines)
        assert ''.join(lines).replace(' ', '') == ''.join(words)

def test_a_bad_text_is_named(): pytest.raises(BadInput, lines_to_write, ['fine', 'naïve'], Alphabet(ALPHABET)).match('text 2: .*ï')
def test_folded(): assert lines_to_write(['naïve'], Alphabet(ALPHABET), fold=True) == ['naive']

def test_each_text_equally_often_in_all_styles_over_the_whole_range():
    plan = make_plan(TEXTS, 3000, seed=3, bias=(.2, .9)); lines = [line_of(plan, n) for n in range(3000)]
    assert [l['text'] for l in lines[:6]] == TEXTS*2 and {l['style'] for l in lines} == set(plan['styles'])
    bias = np.array([l['bias'] for l in lines]); assert .2 <= bias.min() < .21 and .89 < bias.max() <= .9 and abs(bias.mean()-.55) < .02
    assert len({tuple(l['seed']) for l in lines}) == 3000

@pytest.mark.parametrize('wrong', [dict(count=0), dict(count=10**12), dict(shard=0), dict(seed=-1), dict(bias=(1, .2)), dict(bias='neat'), dict(bias=(0, float('nan'))), dict(bias=(-1, 1)), dict(styles=[99]), dict(styles=[]), dict(weights='scribe'), dict(texts=['', ' '])])
def test_plans_that_cannot_be(wrong):
    with pytest.raises(BadInput): make_plan(**dict(texts=TEXTS, count=5) | wrong)

PLANS = {'no JSON': b'{', 'a list': b'[]', 'empty': b'{}', 'deep': b'['*10**6, 'binary': bytes(range(256)), 'pickle': pickle.dumps({}), 'no texts': json.dumps(dict(version=1, count=1, shard=1, seed=0, bias=[0, 1], styles=[1], weights='writer', network='x', texts=[])).encode(),
    'text for a number': json.dumps(dict(version=1, count='9', shard=1, seed=0, bias=[0, 1], styles=[1], weights='writer', network='x', texts=['a'])).encode()}

@pytest.mark.parametrize('name', PLANS)
def test_broken_plans(tmp_path, name):
    (tmp_path/PLAN).write_bytes(PLANS[name])
    with pytest.raises(BadInput): load_plan(tmp_path)

def test_another_plan_is_left_alone(folder):
    before = contents(folder)
    for how in (dict(count=11), dict(texts=TEXTS[:2])):
        with pytest.raises(BadInput, match='another plan'): write_many(**dict(texts=TEXTS, folder=folder, count=10) | HOW | how)
    assert contents(folder) == before

def test_another_network_does_not_go_on(tmp_path):
    save_plan(tmp_path, make_plan(TEXTS, 3)|dict(network='0'*12))
    with pytest.raises(BadInput, match='network'): write_shard(tmp_path, 0)
    assert [p.name for p in tmp_path.iterdir()] == [PLAN]

# Shards

coordinate = st.floats(-1e4, 1e4, width=32)
@given(st.lists(st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4), max_size=3), min_size=1, max_size=4))
def test_ink_comes_back_to_the_last_bit(lines):
    inks = [Ink(l) for l in lines]; assert [Ink(s) for s in _unpack(_pack(inks), 'x')] == inks

def test_all_lines_in_order_with_their_records(folder):
    found = [*read_shards(folder)]; plan = load_plan(folder); assert len(found) == 10 and missing(folder) == []
    for n, (record, ink) in enumerate(found):
        assert record == line_of(plan, n) | dict(complete=True) and ink.text == record['text'] and 8 < ink.height() < 32

def test_resumed_to_the_last_bit_wherever_it_was_killed(folder, tmp_path):
    whole = contents(folder)
    for lost in (['lines-000001.safetensors'], ['lines-000002.safetensors', 'lines-000002.jsonl']):
        for name in lost: (folder/name).unlink()
        (folder/'.lines-000002.safetensors-99999.tmp').write_bytes(b'half'); kept = (folder/'lines-000000.safetensors').stat().st_mtime_ns
        write_many(TEXTS, folder, 10, **HOW)
        assert contents(folder) == whole and (folder/'lines-000000.safetensors').stat().st_mtime_ns == kept

def test_written_again(folder): assert write_again(folder, 9) == [*read_shards(folder)][9]

def test_inkml_beside_it(tmp_path):
    write_many(TEXTS, tmp_path, 2, inkml=True, **HOW)
    for record, ink in read_shards(tmp_path): assert Ink.open(tmp_path/'inkml-000000'/f'{record["n"]:09d}.inkml') == ink

BROKEN = {'cut': lambda b: b[:-9], 'empty': lambda b: b'', 'pickle': lambda b: pickle.dumps([1]), 'huge header': lambda b: (2**60).to_bytes(8, 'little')+b[8:], 'noise': lambda b: bytes(range(256))*9}
@pytest.mark.parametrize('name', BROKEN)
def test_broken_shards(name):
    good = _pack([Ink([[(0, 0), (1, 1)]])])
    with pytest.raises(BadInput): _unpack(BROKEN[name](good), 'x')

@pytest.mark.parametrize('change', [dict(points=np.zeros((3, 3), np.float32)), dict(points=np.zeros((9, 2), np.float32)), dict(strokes=np.int32([-2, 4])), dict(lines=np.int32([7])), dict(lines=np.float32([1])), dict(more=np.zeros(3))])
def test_shards_that_do_not_add_up(change):
    from safetensors.numpy import save
    with pytest.raises(BadInput): _unpack(save(dict(points=np.zeros((2, 2), np.float32), strokes=np.int32([2]), lines=np.int32([1])) | change), 'x')

def test_index_and_ink_must_fit(folder, tmp_path):
    for name in ('lines-000000.safetensors', 'lines-000000.jsonl'): (tmp_path/name).write_bytes((folder/name).read_bytes())
    assert len(read_shard(tmp_path, 0)) == 4; index = _names(tmp_path, 0)[0]; good = index.read_bytes()
    for bad in (good+good, good.splitlines(True)[0], good.replace(b'"text"', b'"word"'), b'x\n'*4):
        index.write_bytes(bad)
        with pytest.raises(BadInput): [*read_shards(tmp_path)]
    with pytest.raises(BadInput): [*read_shards(tmp_path/'nowhere')]

def test_killed_and_called_again(tmp_path):
    "Two processes, ended without a word in the middle"
    code = f'from handwriting_nb.dataset import write_many\nif __name__ == "__main__": write_many({TEXTS!r}, "lines", 12, workers=2, seed=1, shard=2, styles=[0], quiet=True)'
    (tmp_path/'w.py').write_text(code); run = subprocess.Popen([sys.executable, 'w.py'], cwd=tmp_path, env={**os.environ, 'OMP_NUM_THREADS': '1'}); lines = tmp_path/'lines'
    for _ in range(1200):
        if [*lines.glob('*.safetensors')] or run.poll() is not None: break
        time.sleep(.1)
    run.send_signal(signal.SIGKILL); run.wait(); done = [*lines.glob('lines-*.safetensors')]; assert done and all(len(read_shard(lines, int(p.stem[6:]))) == 2 for p in done)
    write_many(TEXTS, lines, 12, workers=1, seed=1, shard=2, styles=[0], quiet=True); assert [r['n'] for r, _ in read_shards(lines)] == [*range(12)] and not [*lines.glob('.*')]

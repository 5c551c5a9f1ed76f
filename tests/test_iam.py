"The reader of IAM-OnDB: round trips, hostile archives, the cache, and the real database where it is at hand"
import gzip, io, os, subprocess, sys, tarfile, warnings
from pathlib import Path
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from handwriting_nb import iam
from handwriting_nb.iam import ARCHIVES, Corpus, Line, find_iam, load_iam, misfits, parse_strokes, tidy, write_iam
from handwriting_nb.ink import BadInput, Ink

XML = (b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<WhiteboardCaptureSession>\n<WhiteboardDescription><SensorLocation corner="top_left"/>'
       b'<DiagonallyOppositeCoords x="9" y="9"/></WhiteboardDescription>\n<StrokeSet>\n<Stroke colour="black" start_time="1.05" end_time="1.06">\n'
       b'<Point x="-3" y="4" time="1.05"/>\n<Point x="5" y="6" time="1.06"/>\n</Stroke>\n</StrokeSet>\n</WhiteboardCaptureSession>\n')

def scribble(name, split, text, seed=0):
    rng = np.random.default_rng(seed)
    strokes = [rng.integers(-100, 9000, (n, 2)) for n in rng.integers(1, 40, 12)]
    return Line(name, split, Ink(strokes, text))

@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('HANDWRITING_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'

@pytest.fixture
def lines():
    return [scribble('a01-000u-01', 'train', 'A MOVE to stop Mr. Gaitskell', 1), scribble('a01-000u-02', 'train', 'from "nominating" (any)', 2),
            scribble('a01-000x-01', 'v', "it's café; 1,234", 3), scribble('b02-010-01', 't', 'Rome', 4), scribble('b02-010-02', 't', None, 5),
            scribble('c03-000a-01', 'f', 'x', 6), scribble('z01-000-01', '', 'in no list', 7)]

@pytest.fixture
def folder(tmp_path, lines): return write_iam(tmp_path/'iam', lines)

def same(a, b):
    return ((a.name, a.split, a.ink.text) == (b.name, b.split, b.ink.text) and len(a.ink.strokes) == len(b.ink.strokes)
            and all(np.array_equal(s, t) for s, t in zip(a.ink.strokes, b.ink.strokes)))

def unpack(folder, to):
    for a in ARCHIVES:
        with tarfile.open(folder/a) as tar:
            for m in tar.getmembers():
                (to/m.name).parent.mkdir(parents=True, exist_ok=True); (to/m.name).write_bytes(tar.extractfile(m).read())
    return to

def repack(path, members):
    "Write an archive of (TarInfo or name, bytes)"
    with tarfile.open(path, 'w:gz') as tar:
        for info, body in members:
            if isinstance(info, str): info = tarfile.TarInfo(info)
            if info.isreg(): info.size = len(body)
            tar.addfile(info, io.BytesIO(body))

def refuses(folder, *words):
    "`load_iam` raises a `BadInput` of one line that holds these words, and keeps nothing"
    with pytest.raises(BadInput) as e: load_iam(folder)
    assert '\n' not in str(e.value) and all(w in str(e.value) for w in words), str(e.value)
    cache = Path(os.environ['HANDWRITING_CACHE'])
    assert not cache.exists() or not list(cache.iterdir())

# ---- round trips

def test_archives_round_trip(folder, lines):
    corpus = load_iam(folder)
    assert len(corpus) == len(lines) and all(map(same, corpus, lines))
    assert [len(corpus.split(s)) for s in ('train', 'v', 't', 'f', '')] == [2, 1, 2, 1, 1]
    assert same(corpus.find('b02-010-01'), lines[3]) and same(corpus[-1], lines[-1])
    with pytest.raises(BadInput, match='no line q'): corpus.find('q')
    with pytest.raises(IndexError): corpus[len(corpus)]

def test_folders_round_trip(folder, lines, tmp_path):
    plain = unpack(folder, tmp_path/'plain')
    assert all(map(same, load_iam(plain), lines)) and all(map(same, load_iam(plain), lines))
    os.replace(folder/ARCHIVES[0], plain/ARCHIVES[0])             # half packed, half not
    assert all(map(same, load_iam(plain), lines))

def test_bytes_depend_on_the_lines_alone(tmp_path, lines):
    a, b = write_iam(tmp_path/'a', lines), write_iam(tmp_path/'b', lines[::-1])
    assert all((a/n).read_bytes() == (b/n).read_bytes() for n in ARCHIVES) and sorted(p.name for p in a.iterdir()) == sorted(ARCHIVES)

@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(*[st.integers(-32767, 32767)]*2), min_size=1, max_size=5), min_size=1, max_size=5))
def test_any_points_survive(strokes):
    points, lengths = parse_strokes(iam._line_xml(Line('a01-000u-01', '', Ink(strokes))))
    assert lengths.tolist() == list(map(len, strokes)) and points.tolist() == [list(p) for s in strokes for p in s]

@pytest.mark.parametrize('change, word', [
    (lambda l: l._replace(name='../../etc'), 'no name'), (lambda l: l._replace(name='a01-000u-03'), 'without gaps'), (lambda l: l._replace(split='test'), 'split'),
    (lambda l: l._replace(ink=l.ink.scale(100)), '32,767'), (lambda l: l._replace(ink=Ink([])), 'no points'), (lambda l: l._replace(ink=Ink(l.ink.strokes, '漢')), '漢')])
def test_write_refuses_what_archives_cannot_hold(tmp_path, lines, change, word):
    with pytest.raises(BadInput, match=word): write_iam(tmp_path/'out', [change(lines[0])])
    assert not (tmp_path/'out').exists()

def test_a_text_after_a_gap_cannot_be_written(tmp_path, lines):
    with pytest.raises(BadInput, match='line before'): write_iam(tmp_path/'out', [lines[0]._replace(ink=Ink(lines[0].ink.strokes)), lines[1]])

def test_the_sample_in_the_package(monkeypatch):
    monkeypatch.delenv('HANDWRITING_DATA', raising=False)
    if not find_iam().is_dir(): pytest.skip('no sample yet')
    corpus = load_iam()
    assert len(corpus) and all(l.ink.text for l in corpus)

# ---- texts

@pytest.mark.parametrize('typed, written', [
    ("Mr . Foot ' s", "Mr. Foot's"), ("You ' ll ; he  won ' t !", "You'll; he won't!"), ('( see p . 3 )', '(see p. 3)'),
    ('" That cannot continue', '"That cannot continue'), ('mothers and children " .', 'mothers and children".'), ('it is right . "', 'it is right."'),
    ('he said: " I have', 'he said: "I have'), ("each ' graduate ' is", "each 'graduate' is"), ('anger" the "gross', 'anger" the "gross'),
    ("players' leaders can't", "players' leaders can't"), ('"prop up" an', '"prop up" an'), ('28.5 per cent ...', '28.5 per cent...')])
def test_tidy(typed, written): assert tidy(typed) == written == tidy(written)

# ---- misfits

def test_misfits_are_named_and_stay(folder, lines):
    odd = [lines[0]._replace(name='d01-000-01', ink=Ink(lines[0].ink.strokes, 'Please Enter Transcription here')),
           lines[0]._replace(name='e01-000-01', ink=Ink([[(k, k) for k in range(500)]], 'in.')),
           lines[0]._replace(name='e02-000-01', ink=Ink([[(k, k) for k in range(70)]], 'two # one'))]
    page = [Line(f'h01-000-{i:02d}', '', Ink([[(k, k) for k in range(n)]], 'ten letter')) for i, n in enumerate([200, 200, 200, 450], 1)]
    corpus = load_iam(write_iam(folder.parent/'odd', lines+odd+page))
    bad = misfits(corpus)
    assert len(corpus) == len(lines)+7 and bad['b02-010-02'] == 'no transcription' and bad['d01-000-01'].startswith('a placeholder')
    assert bad['e01-000-01'] == 'points a character: 167' and bad['e02-000-01'].startswith('words struck out')
    assert bad['h01-000-04'] == 'points a character, against its page: 2.2 times' and 'h01-000-01' not in bad
    assert 'no transcription' in corpus.report() and repr(corpus) == f'Corpus of {len(corpus)} lines, {len(corpus.points):,} points'

# ---- hostile and broken input

def test_missing_archives_are_named(tmp_path, folder):
    refuses(tmp_path/'nowhere', *ARCHIVES, 'register at https://')
    (folder/ARCHIVES[1]).unlink(); refuses(folder, 'ascii-all.tar.gz (or ascii/')

@pytest.mark.parametrize('archive', ARCHIVES)
@pytest.mark.parametrize('spoil', [lambda b: b[:len(b)//2], lambda b: b[:-9], lambda b: b'', lambda b: b'PK\3\4 a zip'+b, lambda b: gzip.compress(b'no tar at all'),
                                   lambda b: b[:len(b)//2]+b'\0'*40+b[len(b)//2+40:]], ids='half tail empty zip no-tar flipped'.split())
def test_torn_archives(folder, archive, spoil):
    (folder/archive).write_bytes(spoil((folder/archive).read_bytes())); refuses(folder)

@pytest.mark.parametrize('name', ['../../x.xml', '/etc/x.xml', 'lineStrokes/../../x.xml', '../evil.txt'])
def test_members_outside_the_folder(folder, name):
    repack(folder/ARCHIVES[0], [('lineStrokes/a01/a01-000/a01-000u-01.xml', XML), (name, XML)]); refuses(folder, 'outside')
    assert not (folder.parent/'x.xml').exists()

def link(name, kind, to):
    info = tarfile.TarInfo(name); info.type, info.linkname = kind, to; return info

def test_links_are_ignored(folder, tmp_path):
    repack(folder/ARCHIVES[0], [('lineStrokes/a01-000u-01.xml', XML), (link('lineStrokes/s.xml', tarfile.SYMTYPE, '/etc/passwd'), b''),
                                (link('lineStrokes/h.xml', tarfile.LNKTYPE, 'lineStrokes/a01-000u-01.xml'), b''), ('lineStrokes/._a.xml', b'apple')])
    assert load_iam(folder).names == ['a01-000u-01']
    plain = tmp_path/'plain'; (plain/'lineStrokes').mkdir(parents=True)
    (plain/'lineStrokes'/'a01-000u-01.xml').write_bytes(XML); (plain/'lineStrokes'/'s.xml').symlink_to('/etc/passwd'); (plain/'lineStrokes'/'loop').symlink_to(plain)
    for a in ARCHIVES[1:]: os.replace(folder/a, plain/a)
    assert load_iam(plain).names == ['a01-000u-01']

@pytest.mark.parametrize('xml, word', [
    (b'<!DOCTYPE x [<!ENTITY a "ha">]>'+XML, 'entities'), (b'<!ENTITY a "ha">'+XML, 'entities'), (XML.replace(b'"4"', b'"&a;"'), 'not a line'),
    (b'', 'not a line'), (b'\0\1\2', 'not a line'), (b'<html>hello</html>', 'not a line'), (XML[:-60], 'not a line'), (XML.replace(b'"4"', b'"4.5"'), 'not a line'),
    (XML.replace(b'"4"', b'"four"'), 'not a line'), (XML.replace(b'"4"', b'"4-5"'), 'not a line'), (XML.replace(b' y="4"', b''), 'not a line'),
    (XML.replace(b'x="-3" y="4"', b'y="4" x="-3"'), 'not a line'), (b'<StrokeSet></StrokeSet>', 'not a line'),
    (b'<StrokeSet><Stroke start_time="1.0" end_time="1.0"></Stroke></StrokeSet>', 'not a line'), (XML.decode().encode('utf-16'), 'not a line'),
    (XML.replace(b'"4"', b'"32768"'), '32,767'), (XML.replace(b'"4"', b'"-32768"'), '32,767'), (XML.replace(b'"4"', b'"99999999999999999999"'), '32,767'),
    (XML.replace(b'"4"', b'"4294967297"'), '32,767')])
def test_files_that_are_no_line(folder, xml, word):
    with warnings.catch_warnings(): 
        warnings.simplefilter('error')
        repack(folder/ARCHIVES[0], [('lineStrokes/a01-000u-01.xml', xml)]); refuses(folder, word, 'a01-000u-01.xml')

def test_a_good_line_for_comparison():
    points, lengths = parse_strokes(XML)
    assert points.tolist() == [[-3, 4], [5, 6]] and lengths.tolist() == [2] and points.dtype == np.int32

def test_no_line_two_of_a_name_and_missing_lists(folder):
    good = (folder/ARCHIVES[0]).read_bytes()
    repack(folder/ARCHIVES[0], []); refuses(folder, 'no line')
    repack(folder/ARCHIVES[0], [('a/a01-000u-01.xml', XML), ('b/a01-000u-01.xml', XML)]); refuses(folder, 'twice')
    (folder/ARCHIVES[0]).write_bytes(good); repack(folder/ARCHIVES[2], [('task1/trainset.txt', b'a01-000u')]); refuses(folder, 'testset_v.txt')

def test_files_that_are_too_large(folder, tmp_path):
    big = XML.replace(b'\n', b'\n'+b' '*iam.LIMIT, 1)
    repack(folder/ARCHIVES[0], [('lineStrokes/a01-000u-01.xml', big)]); refuses(folder, 'so large')
    plain = tmp_path/'plain'; (plain/'lineStrokes').mkdir(parents=True); (plain/'lineStrokes'/'a01-000u-01.xml').write_bytes(big)
    for a in ARCHIVES[1:]: os.replace(folder/a, plain/a)
    refuses(plain, 'so large')

def test_decompression_bombs(folder, monkeypatch):
    monkeypatch.setattr(iam, 'TOTAL', 2**21)
    repack(folder/ARCHIVES[0], [(f'lineStrokes/a01-000u-{i:02d}.xml', XML.replace(b'\n', b'\n'+b' '*600_000, 1)) for i in range(9)]); refuses(folder, 'more than IAM-OnDB')
    repack(folder/ARCHIVES[0], [('lineStrokes/other.bin', b'\0'*2**23)]); refuses(folder, 'so large')

def test_a_header_that_asks_for_all_memory(folder):
    info = tarfile.TarInfo('lineStrokes/a.xml'); info.type, info.size = tarfile.XHDTYPE, 2**29
    (folder/ARCHIVES[0]).write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT)+b'\0'*2**22)); refuses(folder, 'more than IAM-OnDB')

def test_too_many_files(folder, monkeypatch):
    monkeypatch.setattr(iam, 'FILES', 3); refuses(folder, 'more than 3 files')

# ---- the cache

def test_the_cache_is_used_and_follows_the_archives(folder, lines, cache, monkeypatch):
    load_iam(folder); kept, = cache.iterdir()
    with monkeypatch.context() as m:
        m.setattr(iam, '_read', lambda f: pytest.fail('the archives were read again'))
        assert all(map(same, load_iam(folder), lines))
    write_iam(folder, lines[:2]); os.utime(folder/ARCHIVES[0], (1, 1))
    assert len(load_iam(folder)) == 2 and list(cache.iterdir()) == [kept]

def test_unpacked_folders_are_cached_too(folder, tmp_path, monkeypatch):
    plain = unpack(folder, tmp_path/'plain'); load_iam(plain)
    with monkeypatch.context() as m:
        m.setattr(iam, '_read', lambda f: pytest.fail('the folders were read again')); load_iam(plain)
    (plain/'lineStrokes'/'c03'/'c03-000'/'c03-000a-01.xml').write_bytes(XML)
    assert len(load_iam(plain).find('c03-000a-01').ink.points) == 2

@pytest.mark.parametrize('spoil', [lambda p: p.write_bytes(p.read_bytes()[:999]), lambda p: p.write_bytes(b'not ours'), lambda p: p.write_bytes(b''),
                                   lambda p: np.savez(p, words=np.frombuffer(b'[1]', np.uint8)), lambda p: np.savez(p, words=np.array([{}], object)),
                                   lambda p: (p.unlink(), p.mkdir())], ids='torn foreign empty other pickle folder'.split())
def test_a_bad_cache_is_rebuilt(folder, lines, cache, spoil):
    load_iam(folder); kept, = cache.iterdir(); spoil(kept)
    assert all(map(same, load_iam(folder), lines)) and all(map(same, load_iam(folder), lines)) and [p for p in cache.iterdir() if p != kept] == []

def test_arrays_that_do_not_belong_together(folder, lines, cache):
    load_iam(folder); kept, = cache.iterdir()
    with np.load(kept) as z: arrays = dict(z)
    np.savez(kept, **arrays|dict(points=arrays['points'][:-1]))
    assert all(map(same, load_iam(folder), lines))
    with pytest.raises(BadInput): Corpus(['a'], [''], [''], np.zeros((2, 2), np.int16), np.array([1]), np.array([1]))

def test_without_a_cache(folder, lines, cache, monkeypatch):
    assert all(map(same, load_iam(folder, cache=False), lines)) and not cache.exists()
    cache.write_text('a file where the folder should be')
    assert all(map(same, load_iam(folder), lines))
    monkeypatch.setenv('HANDWRITING_CACHE', '/proc/nowhere')
    assert all(map(same, load_iam(folder), lines))

# ---- the real database

REAL = Path(os.environ.get('HANDWRITING_DATA') or '/nowhere')/'iam-ondb'

@pytest.mark.skipif(not REAL.is_dir(), reason='HANDWRITING_DATA names no folder with iam-ondb')
def test_the_real_database():
    code = ('import resource, sys; from handwriting_nb.iam import load_iam, misfits; c = load_iam(sys.argv[1], cache=False); '
            'print(len(c), *[c.splits.count(s) for s in ("train", "v", "t", "f", "")], *[n for n, w in misfits(c).items() if w == "no transcription"], '
            'resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)')
    out = subprocess.run([sys.executable, '-c', code, REAL], capture_output=True, text=True, check=True).stdout.split()
    assert list(map(int, out[:6])) == [12195, 5364, 1438, 1518, 3859, 16]
    assert out[6:-1] == ['a08-551z-09', *(f'z01-000z-0{i}' for i in range(2, 9))]
    assert int(out[-1])*(1 if sys.platform == 'darwin' else 1024) < 2e9

"Pages: what does not belong on the page."
import math, re, warnings
import numpy as np, pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from handwriting_nb import BadInput, Ink, Writer
from handwriting_nb.pages import (PIECE, SMALL, STANDS, USUAL, Job, Page, Word, complete, feet_and_heads, hand_of, paper_of, pdf, pieces, rows_of, rule, save_pages, sheets, stream, words_of)
from handwriting_nb.sampling import Stepper
from handwriting_nb.writer import WIDTH

@pytest.fixture(scope='module')
def writer(): return Writer.from_pretrained()

@pytest.fixture(scope='module')
def lines(writer):
    hand = hand_of(writer.stepper, writer.styles[2])
    return [*stream(writer.network, writer.stepper, [Job(t, hand, seed=k, tag=int(k > 0)) for k, t in enumerate(['You know nothing, Jon Snow', 'Winter is coming', 'a', 'the lone wolf dies but the pack survives'])])]

# Paper

@given(st.sampled_from(['a4', 'A5', 'letter', 'card', (60, 90), (2000, 2000)]), st.floats(0, 200), st.floats(2, 100), st.sampled_from(['blank', 'ruled', 'grid']))
def test_rows_lie_within_the_margins(name, margin, spacing, ruling):
    try: p = paper_of(name, margin, spacing, ruling)
    except BadInput as e: assert 'no room for a row' in str(e); return
    assert p.rows[0] == margin+spacing and p.rows[-1] <= p.height-max(margin, spacing/2)+1e-6 and p.room > 0
    printed = p._printed(); assert len(printed) == 0 if ruling == 'blank' else (printed >= 0).all() and (printed <= [p.width, p.height]).all()

@pytest.mark.parametrize('wrong', [dict(paper='a9'), dict(paper=(1, 2, 3)), dict(paper=(math.nan, 100)), dict(paper=(10, 100)), dict(paper=(100, 1e9)), dict(paper=None), dict(margin=-1), dict(margin=(1, 2)), dict(margin='wide'),
    dict(spacing=0), dict(spacing=math.inf), dict(spacing='x'), dict(ruling='dots'), dict(margin=200)])
def test_what_is_no_paper_is_refused(wrong):
    with pytest.raises(BadInput): paper_of(**wrong)

# Text

@given(st.text(alphabet='abcdef \n', max_size=400), st.integers(4, WIDTH))
def test_pieces_keep_every_letter_and_every_row(text, longest):
    text = text.strip('\n'); found = [*pieces(text, longest)]
    assert all(len(p) <= WIDTH and p == ' '.join(p.split()) for p, _ in found) and all(len(w) <= longest for p, _ in found for w in p.split())
    assert re.sub(r'\s', '', ''.join(p for p, _ in found)) == re.sub(r'\s', '', text)
    if text.split() and max(map(len, text.split())) <= longest:
        rows = []
        for p, down in found:
            if down or not rows: rows += ['']*(max(down-1, 0) if rows else down)+[p]
            else: rows[-1] += ' '+p
        assert rows == [' '.join(l.split()) for l in text.split('\n')][:len(rows)]

def test_pieces_are_lazy_and_of_one_length():
    endless = pieces('word '*200_000); first = [len(next(endless)[0]) for _ in range(50)]
    assert PIECE-6 <= min(first) and max(first) <= PIECE+6

# Lines side by side

def test_lines_do_not_depend_on_the_order_in_which_they_end(writer, lines):
    again = [*stream(writer.network, writer.stepper, [l.job for l in lines])]
    assert all(np.array_equal(a.offsets, b.offsets) for a, b in zip(lines, again)) and all(map(complete, lines))

def test_few_places_many_lines(writer):
    jobs = [Job('ink '*(1+k % 3)+'x', seed=k) for k in range(11)]
    out = [*stream(writer.network, writer.stepper, jobs, slots=3)]
    assert [w.job for w in out] == jobs and all(len(w.looks) == len(w.offsets) > 3 for w in out)

def test_plain_stepper_writes_too(writer):
    slow = Stepper(writer.network); hand = hand_of(slow, writer.styles[1]); out = [*stream(writer.network, slow, [Job('Jon', hand, seed=k) for k in range(5)], slots=2)]
    assert len(out) == 5 and all(w.ended for w in out)

def test_what_is_not_good_is_tried_again_and_no_more_is_read_than_has_a_place(writer):
    seen, taken = [], []
    def jobs():
        for k in range(9): taken.append(k); yield Job('no', seed=[k])
    def good(w): seen.append(w.job.seed[0]); return w.job.seed[0] != 2
    out = stream(writer.network, writer.stepper, jobs(), slots=4, good=good, tries=3); next(out); assert len(taken) <= 8
    assert len([*out]) == 8 and seen.count(2) == 2 and seen.count(3) == 1      # whether the last attempt is good, nobody asks

# On the rule

@settings(max_examples=50)
@given(st.floats(-5, 5), st.floats(-.05, .05), st.floats(1.5, 3), st.integers(0, 10**6))
def test_the_rule_is_found_although_some_letters_are_elsewhere(a, b, h, seed):
    rng = np.random.default_rng(seed); x = np.linspace(0, 90, 40); noise = lambda: .1*rng.standard_normal(40)
    low, high = np.stack([x, a+b*x+noise()], 1), np.stack([x, a+b*x-h+noise()], 1)
    low[rng.choice(40, 6, False), 1] -= 1.5; high[rng.choice(40, 6, False), 1] -= 3
    assert np.abs(rule(low, high, sure=0)-[a, b, h]).max() < .25

def test_without_letters_all_is_as_usual():
    none = np.zeros((0, 2)); assert rule(none, none)[2] == pytest.approx(USUAL) and rule(none, none, 3.)[2] == pytest.approx(3)

def test_a_line_leans_and_its_words_do_not(lines):
    low, high = feet_and_heads(lines[3]); assert len(low) > 20 and len(high) > 15
    leaning = lines[3]._replace(offsets=lines[3].offsets@np.array([[1, .05, 0], [0, 1, 0], [0, 0, 1]]))
    for one, other in zip(words_of(lines[3]), words_of(leaning)):
        assert one.text == other.text and all(np.abs(s-t).max() < .1 for s, t in zip(one.strokes, other.strokes))

def test_words_are_those_of_the_text_in_order(lines):
    for l in lines:
        words = words_of(l); assert [w.text for w in words] == l.job.text.split() and math.isnan(words[0].gap)
        assert all(w.left <= 0 < w.right for w in words) and all(w.gap > -1 for w in words[1:])
        assert sum(len(w.strokes) for w in words) >= len(l.ink.strokes)-2

# Rows and sheets

@pytest.mark.parametrize('width', [4, 12, 25, 80])
def test_no_row_is_wider_than_the_paper(lines, width):
    rows = [*rows_of(iter(lines), width, np.random.default_rng(0))]
    assert ' '.join(v.text for r in rows for v, _ in r) == ' '.join(l.job.text for l in lines)
    assert all(x+v.right <= width+1e-6 for r in rows for v, x in r) and all(x[1] < y[1] for r in rows for x, y in zip(r, r[1:]))

def test_empty_rows_never_begin_a_page():
    word = Word('x', [np.zeros((3, 2))], 0., 1., math.nan); paper = paper_of((50, 50), 5, 10); n = len(paper.rows)
    pages = [*sheets([[(word, 0.)]]*n+[[]]*3+[[(word, 0.)]], paper, 2., 'left', np.random.default_rng(0), .3)]
    assert [len(p.inks) for p in pages] == [n, 1] and pages[1].inks[0].points[0, 1] == pytest.approx(paper.rows[0])

def test_page_is_the_same_for_the_same_seed_and_holds_its_text(writer):
    text = 'Winter is coming.\n\nThe North remembers, and the mummer\'s farce is almost done.'; how = dict(paper='card', style=2, seed=3)
    page = writer.page(text, **how); assert page.svg() == writer.page(text, **how).svg() != writer.page(text, **how | dict(seed=4)).svg()
    assert page.text.split() == text.split() and page.inks[1].bounds()[1] > page.inks[0].bounds()[3]-8
    x0, y0, x1, y1 = page.ink.bounds(); assert 0 <= x0 and x1 <= page.paper.width and 0 <= y0 and y1 <= page.paper.height

@pytest.mark.parametrize('align, left, right', [('left', 10, None), ('right', None, 142.4), ('center', None, None)])
def test_alignment(writer, align, left, right):
    page = writer.page('You know nothing, Jon Snow.\nNothing.', paper=(152.4, 60), margin=10, align=align, style=2, seed=1)
    boxes = [i.bounds() for i in page.inks]
    if left: assert all(abs(b[0]-left) < 2.5 for b in boxes)
    elif right: assert all(abs(b[2]-right) < .1 for b in boxes)
    else: assert all(abs((b[0]+b[2])/2-76.2) < 2 for b in boxes)

def test_more_than_one_page(writer):
    text = 'the North remembers '*12; pages = [*writer.pages(text, paper=(90, 50), seed=1, style=2)]
    assert len(pages) > 1 and ' '.join(p.text for p in pages).split() == text.split()
    with pytest.raises(BadInput, match='more than one page|more than 1 page'): writer.page(text, paper=(90, 50), seed=1, style=2)

BAD = {'empty': ('', {}), 'blank': (' \n\t', {}), 'hebrew': ('a שלום', dict(fold=True)), 'arabic': ('سلام', {}), 'cyrillic': ('привет', {}), 'chinese': ('手', {}), 'control': ('a\x07', {}), 'align': ('x', dict(align='justify')),
    'indent': ('x', dict(indent=-1)), 'wide indent': ('x', dict(indent=500)), 'size': ('x', dict(size=0)), 'huge': ('x', dict(size=99)), 'nan': ('x', dict(size=math.nan)), 'narrow': ('x', dict(paper=(30, 100), size=8, spacing=10)),
    'bias': ('x', dict(bias=-1)), 'style': ('x', dict(style=99)), 'seed': ('x', dict(seed=-1)), 'best of none': ('x', dict(best_of=0))}

@pytest.mark.parametrize('name', BAD)
def test_bad_input_is_said_before_anything_is_written(writer, name, monkeypatch):
    monkeypatch.setattr('handwriting_nb.pages.stream', lambda *a, **k: pytest.fail('it began to write'))
    with pytest.raises(BadInput) as e: writer.pages(BAD[name][0], **BAD[name][1])
    assert '\n' not in str(e.value)

def test_the_script_is_named(writer):
    for text, name in {'שלום': 'hebrew', 'سلام': 'arabic', 'привет': 'cyrillic', '手': 'cjk'}.items():
        with pytest.raises(BadInput, match=name): writer.pages(text)

def test_a_long_word_is_broken_and_the_reason_said(writer):
    with pytest.warns(UserWarning, match='has 90 characters.*broken'): page = writer.page('x'*90, paper=(80, 80), style=2, seed=1)
    assert len(page.inks) > 2 and page.text.replace('\n', '').replace(' ', '') == 'x'*90

def test_short_words_are_no_reason_to_warn(writer):
    with warnings.catch_warnings(): warnings.simplefilter('error'); writer.page('short', paper='card', seed=1)

# Files

@pytest.fixture(scope='module')
def page(): return Page(paper_of((60, 40), 5, 8, 'ruled'), [Ink([[(10, 13), (12, 9.4), (15, 13)], [(20, 12)]], 'v .'), Ink([[(10, 21), (50, 21.33)]], '-')])

def test_svg_holds_the_ink_and_not_the_paper(page):
    for ruling in (True, False):
        back = Ink.from_svg(page.svg(ruling=ruling)); assert [len(s) for s in back.strokes] == [3, 1, 2] and np.abs(back.points-page.ink.points).max() < .01
    assert 'width="60mm" height="40mm" viewBox="0 0 60 40"' in page.svg() and page.svg().count('#b5cbe3') == 1 and '#b5cbe3' not in page.svg(ruling=False)
    assert Ink.from_svg(page.svg(color='"><script>')).points.size

def test_png_is_as_large_as_the_paper_and_the_ink_lies_in_its_place(page, tmp_path):
    page.save(tmp_path/'p.png', dpi=254); picture = Image.open(tmp_path/'p.png'); a = np.asarray(picture.convert('L'))
    assert picture.size == (600, 400) and round(picture.info['dpi'][0]) == 254
    dark = np.argwhere(a < 100)/10; assert np.abs(dark.max(0)-[21.33, 50]).max() < .5 and np.abs(dark.min(0)-[9.4, 10]).max() < .5
    assert a[130, 5] < 250 and np.asarray(page.image(254, ruling=False).convert('L'))[130, 5] == 255

def test_pdf_has_a_page_for_each_page(page):
    data = pdf([page, page, page]); assert data.startswith(b'%PDF-1.4') and b'/Count 3' in data and data.count(b'/MediaBox[0 0 170.079 113.386]') == 3
    with pytest.raises(BadInput): pdf([])

@pytest.mark.parametrize('how', [dict(dpi=5), dict(dpi=10**6), dict(color='reddish')])
def test_pictures_that_cannot_be(page, how):
    with pytest.raises(BadInput): page.image(**how)

def test_saved_by_suffix_whole_or_not_at_all(page, tmp_path):
    for suffix in ('svg', 'png', 'pdf', 'inkml'): page.save(tmp_path/f'p.{suffix}')
    assert Ink.open(tmp_path/'p.inkml') == page.ink and (tmp_path/'p.pdf').read_bytes().endswith(b'%%EOF\n')
    with pytest.raises(BadInput): page.save(tmp_path/'p.svg', overwrite=False)
    with pytest.raises(BadInput): page.save(tmp_path/'p.doc')
    with pytest.raises(BadInput): page.save(tmp_path/'p.png', color='reddish', dpi=100)
    assert len([*tmp_path.iterdir()]) == 4

def test_pages_are_numbered_if_there_are_several(page, tmp_path):
    assert save_pages([page], tmp_path/'a.svg') == [tmp_path/'a.svg'] and save_pages([page]*3, tmp_path/'b.svg') == [tmp_path/f'b-{n}.svg' for n in (1, 2, 3)]
    assert save_pages(iter([page]*3), tmp_path/'b.pdf') == [tmp_path/'b.pdf'] and b'/Count 3' in (tmp_path/'b.pdf').read_bytes() and len([*tmp_path.iterdir()]) == 5
    with pytest.raises(BadInput): save_pages([page]*2, tmp_path/'b.svg', overwrite=False)

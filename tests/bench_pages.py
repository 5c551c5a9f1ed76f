"""Pages and many lines: `python tests/bench_pages.py`.

A page of 2,000 characters, at once, against its lines written one after another (every fifth of them, times five): wall clock and processor time, and their
ratio within one run, in turns. What 10,000 characters need in memory more than 2,000. Lines with transcriptions: how many a core writes in a minute of processor time, and what
that makes in an hour on two cores; then the same with two processes, by the clock. Other work on the machine shows in the clock and hardly in the processor time.
"""
import resource, sys, tempfile, time
from pathlib import Path
import numpy as np
from handwriting_nb.dataset import _inks, make_plan, write_many
from handwriting_nb.pages import pieces
from handwriting_nb.writer import Writer

SENTENCES = (Path(__file__).parent/'sentences.txt').read_text().split('\n')

def text_of(n):
    "n characters of prose in paragraphs of five hundred"
    words = ' '.join(SENTENCES).split(); text = ' '.join(words*(n//len(' '.join(words))+1))[:n]
    return '\n'.join(text[k:k+500].strip() for k in range(0, n, 500))

def took(f):
    wall, cpu = time.perf_counter(), time.process_time(); f(); return np.array([time.perf_counter()-wall, time.process_time()-cpu])

def page(rounds=3):
    writer = Writer.from_pretrained(); text = text_of(2000); lines = [p for p, _ in pieces(text)]
    whole = lambda: [*writer.pages(text, style=2, seed=1)]; some = lambda: [writer.trace(t, style=2, seed=1) for t in lines[::5]]
    whole(); seen = [(took(whole), took(some)*len(lines)/len(lines[::5])) for _ in range(rounds)]
    a, b = np.median([s[0] for s in seen], 0), np.median([s[1] for s in seen], 0); ratio = np.median([s[1]/s[0] for s in seen], 0)
    print(f'{"2,000 characters":40}{"page":>12}{"line by line":>14}{"ratio":>9}')
    for k, name in enumerate(('  seconds by the clock', '  seconds of processor time')): print(f'{name:40}{a[k]:12.2f}{b[k]:14.2f}{ratio[k]:8.1f}x')
    return writer

def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/(1024 if sys.platform != 'darwin' else 2**20)

def memory(writer):
    count = lambda n: sum(1 for _ in writer.pages(text_of(n), style=2, seed=1, paper='a5'))
    count(2000); before = most(); n = count(10_000); print(f'{"10,000 characters, megabytes more":40}{most()-before:12.1f}   ({n} pages of A5, peak of the process {most():.0f} MB)')

def lines(n=512):
    texts = [p for p, _ in pieces(text_of(20_000))]; length = np.mean([len(t) for t in texts[:n]])
    plan = make_plan(texts, n, shard=n); [*_inks(make_plan(texts, 64, shard=64), 0)]
    wall, cpu = took(lambda: [*_inks(plan, 0)])
    print(f'{f"lines of {length:.0f} characters, one core":40}{60*n/cpu:12,.0f} a minute of processor time: {2*3600*n/cpu:,.0f} an hour on two cores')
    with tempfile.TemporaryDirectory() as d:
        start = time.perf_counter(); write_many(texts, d, n, workers=2, shard=n//4, quiet=True); wall = time.perf_counter()-start
    print(f'{"  two processes, with their start":40}{60*n/wall:12,.0f} a minute by the clock')

if __name__ == '__main__': memory(page()); lines()

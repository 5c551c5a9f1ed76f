"""Does it write what it is told? `make bars`.

Twenty sentences (tests/sentences.txt), ten seeds each, bias 0.75, in the styles that the seeds pick, as `handwriting write` does it: how many of the 200 lines end because the window passed the last
character, and contact sheets of forty to read by eye. Then every character once. (Which of them come out right: tests/reading.py.) And, where IAM-OnDB is at
hand, the loss on all usable lines of `testset_v`.
The sheets go to the folder given (default `out/bars`).
"""
import sys
from pathlib import Path
from handwriting_nb.iam import find_iam, load_iam
from handwriting_nb.ink import stack
from handwriting_nb.training import ALPHABET, examples, validate
from handwriting_nb.writer import Writer, _finish

SENTENCES = (Path(__file__).parent/'sentences.txt').read_text().splitlines()

def main(folder='out/bars', bias=.75, seeds=10):
    folder = Path(folder); folder.mkdir(parents=True, exist_ok=True); writer = Writer.from_pretrained()
    lines = [writer.trace(text, bias, seed=1000*s+k) for s in range(seeds) for k, text in enumerate(SENTENCES)]
    for k in range(0, len(lines), 40): stack([_finish(t.ink) for t in lines[k:k+40]], gap=5, columns=2).save(folder/f'sheet-{k//40+1}.png')
    for k, t in enumerate(lines):
        if not t.ended: print(f'does not end: seed {k//len(SENTENCES)}, {t.text!r}')
    print(f'{sum(t.ended for t in lines)} of {len(lines)} lines ended because the window passed the last character')
    per = [len(t.offsets)/len(t.text) for t in lines]; print(f'points a character: {min(per):.1f} to {max(per):.1f}')
    everything = [ALPHABET[k:k+13] for k in range(1, len(ALPHABET), 13)]
    stack([_finish(writer.trace(t, bias, seed=1).ink) for t in everything]).save(folder/'alphabet.png')
    if find_iam().name == 'iam-ondb':
        lines, _ = examples(load_iam().split('v')); point, line = validate(writer.network, lines)
        print(f'{len(lines):,} lines of testset_v: {point:.3f} nats a point, {line:.1f} a line')

if __name__ == '__main__': main(*sys.argv[1:2])

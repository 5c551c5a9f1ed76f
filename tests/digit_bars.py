"""Do the writers of digits write what they are told, and do they write like people? `make digit-bars`, or `make digit-bars NETS="FILE.safetensors ..."`.

Every packaged writer of digits (or the files named) writes 200 of each digit with a bias of 0.5, and 200 without. Measured are the share that the packaged judge reads as asked (bar: 98 %), the share that ends by itself
(99.5 %), the spread of shapes within a digit in that of the 10,000 real test digits (90 %), how near the shapes come to the 60,000 training digits beside how near real test digits come, and nats on the test digits.
The table is Markdown; it is printed, and goes to the folder given (default `out/digit-bars`) as digit-bars.md, with a sheet of 10 × 10 digits of each writer. The first time, MNIST's digits become lessons, which takes four minutes
on one core; after that about a minute a writer.
"""
import argparse, sys
from pathlib import Path
import torch
from tqdm import tqdm
from handwriting_nb.digit_writer import DigitTrial, DigitWriter, digit_models, digit_table, mnist_examples
from handwriting_nb.digits import SAMPLE, find_mnist
from handwriting_nb.ink import BadInput, _write

BARS = dict(read=.98, ended=.995, spread=.90)

def missed(rows): return [f'{name}: {bar} is {getattr(m, bar):.1%}, and should be {least:.1%}' for name, m in rows.items() for bar, least in BARS.items() if getattr(m, bar) < least]

def main():
    say = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    say.add_argument('folder', nargs='?', default='out/digit-bars', help='for the table and the sheets')
    say.add_argument('--nets', nargs='*', default=[], help='.safetensors of writers; all packaged ones, if none is named')
    say.add_argument('--each', type=int, default=200, help='how many of each digit')
    say.add_argument('--digits', type=int, help='only so many of the real digits of each split')
    args = say.parse_args(); folder = Path(args.folder); torch.set_flush_denormal(True)
    if find_mnist() == SAMPLE: raise BadInput('this needs MNIST: let HANDWRITING_DATA name the folder that holds mnist/, or fetch it: handwriting_nb.digits.fetch_mnist()')
    writers = {Path(name).stem: DigitWriter.from_pretrained(name) for name in args.nets or digit_models()}
    if not writers: raise BadInput('the package has no writer of digits: name the .safetensors of one with --nets')
    trial = DigitTrial(mnist_examples('train', args.digits), mnist_examples('test', args.digits)); folder.mkdir(parents=True, exist_ok=True)
    rows = {name: trial.measure(w, args.each) for name, w in tqdm(writers.items(), 'writers')}
    for name, w in writers.items(): w.sheet(seed=1).save(folder/f'{name}.svg')
    text = f'{10*args.each:,} digits of each writer\n\n{digit_table(rows)}\n'; _write(folder/'digit-bars.md', text.encode(), True); print(text)
    for line in missed(rows): print('below the bar:', line, file=sys.stderr)
    return 1 if missed(rows) else 0

if __name__ == '__main__':
    try: sys.exit(main())
    except BadInput as e: print(e, file=sys.stderr); sys.exit(2)

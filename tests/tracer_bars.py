"""Is the tracer as good as it should be? `make tracer-bars`, or `make tracer-bars POINTS=FOLDER`.

The 10,000 test digits of MNIST, drawn again from strokes: found by graph search, as the lessons that the tracer is given (graph search, smoothed, in a person's order), traced by the packaged tracer in thin pictures and in thick ones, and, where
`--points FOLDER` holds their weights, by the twenty-point networks of the blog post. All are measured alike (handwriting_nb.judge): what the packaged judge reads,
the error under a soft and a hard pen, the length of the ink, turning, strokes, and whether a person starts there and goes that way. The table is Markdown; it is printed,
and goes to the folder given (default `out/tracer-bars`) as tracer-bars.md and tracer-bars.csv. About five minutes on one core.
"""
import argparse, csv, io, sys, time
from pathlib import Path
import numpy as np, torch
from tqdm import tqdm
from handwriting_nb.digits import SAMPLE, find_mnist, load_human, load_mnist, thinned, trace
from handwriting_nb.ink import BadInput, _write
from handwriting_nb.judge import Judge, Measures, Trial, a_person, table
from handwriting_nb.tracer import Tracer, lesson, outlines, polished

def searched(thin): return [trace(t) for t in tqdm(thin, 'search', unit=' digits')]

def traced(tracer, pictures, name, at_once=250):
    parts = [pictures[k:k+at_once] for k in range(0, len(pictures), at_once)]
    with tqdm(total=len(pictures), desc=name, unit=' digits') as bar:
        return [ink for part in parts for ink in (tracer.strokes(part), bar.update(len(part)))[0]]

def networks(folder):
    "{name: TwentyPoints} of the weights in a folder"
    from handwriting_nb.twenty_points import load_twenty_points
    if not folder: return {}
    if not Path(folder).is_dir(): raise BadInput(f'{folder} is no folder')
    return {f'twenty points, {p.stem.replace("_", " ")}': load_twenty_points(p) for p in sorted(Path(folder).glob('*.safetensors'))}

def by_network(net, thin, labels, name):
    pictures, labels = torch.from_numpy(thin), torch.from_numpy(labels.astype(np.int64))
    return [i for k in tqdm(range(0, len(thin), 500), name, unit='00 digits', unit_scale=5) for i in net.inks(pictures[k:k+500], labels[k:k+500])]

def medians(inks, labels):
    "Of the number of strokes, for each digit"
    counts, labels = np.array([len(i.strokes) for i in inks]), np.asarray(labels, int)
    return [float(np.median(counts[labels == d])) if (labels == d).any() else float('nan') for d in range(10)]

def stroke_table(rows):
    heads = ['median of strokes', *map(str, range(10))]
    lines = [[name, *(f'{m:g}' for m in ms)] for name, ms in rows.items()]
    return '\n'.join(f'| {" | ".join(cells)} |' for cells in [heads, ['---']+['---:']*10, *lines])

def lessons(thin, labels, people): return [lesson(trace(t), people[str(k)]) for t, k in zip(tqdm(thin, 'lessons', unit=' digits'), labels)]

def ways(digits, thin, people, nets):
    "(name, a function that gives an `Ink` for each digit)"
    tracer = Tracer.from_pretrained()
    yield 'graph search', lambda: searched(thin)
    yield "the tracer's lessons", lambda: lessons(thin, digits.labels, people)
    for name, net in nets.items(): yield name, lambda: by_network(net, thin, digits.labels, name)
    for name, pictures in ('thin', thin), ('thick', digits.images/255):
        rough = []      # kept for the row after it
        yield f'tracer, {name} pictures', lambda: rough.extend(traced(tracer, pictures, f'tracer, {name}')) or rough
        yield f'tracer, {name}, polished', lambda: polished(rough, np.float32(thin))

def measured(digits, nets):
    "{name: Measures}, {name: median of strokes of each digit}"
    thin, judge, person = thinned(digits.images), Judge.from_pretrained(), load_human(); people = outlines(person)
    print('thinned; measuring the skeletons', file=sys.stderr)
    trial = Trial(thin, digits.labels, judge, people)
    rows = {'the thin digits themselves': Measures(read=float(np.mean(judge.read(thin) == trial.labels)), soft=0., hard=0.)}
    strokes = {'a person': medians(person, [i.text for i in person])}
    for name, draw in ways(digits, thin, people, nets):
        start = time.process_time(); inks = draw(); seconds = time.process_time()-start
        rows[name], strokes[name] = trial.measure(inks, seconds), medians(inks, trial.labels)
    rows['a person'] = a_person(person)
    return rows, strokes

def as_csv(rows, strokes):
    "A row a way: its measures, and the medians of strokes of the ten digits"
    f = io.StringIO(); w = csv.writer(f, lineterminator='\n')
    w.writerow(['way', *Measures._fields, *(f'strokes_{d}' for d in range(10))])
    for name, m in rows.items(): w.writerow([name, *(f'{v:.6g}' for v in m), *strokes.get(name, ['']*10)])
    return f.getvalue()

def main():
    say = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    say.add_argument('folder', nargs='?', default='out/tracer-bars', help='for the table')
    say.add_argument('--points', help='a folder with weights of twenty-point networks (.safetensors)')
    say.add_argument('--digits', type=int, help='only so many of the test digits')
    args = say.parse_args(); folder = Path(args.folder); torch.set_flush_denormal(True)
    if find_mnist() == SAMPLE: raise BadInput('this needs MNIST: let HANDWRITING_DATA name the folder that holds mnist/, or fetch it: handwriting_nb.digits.fetch_mnist()')
    digits = load_mnist('test'); digits = digits._replace(images=digits.images[:args.digits], labels=digits.labels[:args.digits])
    nets = networks(args.points); folder.mkdir(parents=True, exist_ok=True); rows, strokes = measured(digits, nets)
    text = f'{len(digits.labels):,} test digits\n\n{table(rows)}\n\n{stroke_table(strokes)}\n'
    _write(folder/'tracer-bars.md', text.encode(), True); _write(folder/'tracer-bars.csv', as_csv(rows, strokes).encode(), True); print(text)

if __name__ == '__main__':
    try: main()
    except BadInput as e: print(e, file=sys.stderr); sys.exit(2)

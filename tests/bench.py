"""Speed, as ratios within one run: `make bench`.

Writing: the packaged network through ONNX Runtime against the same network stepped in a plain loop of `nn.LSTMCell`.
Training: a synthesis network cell by cell, with its backward pass by hand, and on a GPU recorded as a graph (bench_training.py).
The command: one line, start to end, which needs no PyTorch, against `import torch` alone.
Lines: both lines that gradients flow through against a loop over segments (bench_lines.py).
Training without a window: whole sequences a call against a loop from cell to cell (bench_prediction.py).
"""
import subprocess, sys, tempfile, time
import numpy as np, torch, torch.nn as nn
from bench_lines import lines
from bench_prediction import prediction
from bench_training import training
from handwriting_nb import networks
from handwriting_nb.fast import FastStepper
from handwriting_nb.mdn import biased, draw, mixture
from handwriting_nb.sampling import CHUNK, Stepper, loaded
from handwriting_nb.window import encode, window
from handwriting_nb.writer import DATA

TEXT = 'You know nothing, Jon Snow'
torch.set_flush_denormal(True)

class PlainStepper:
    "What one would write first: a cell a layer, the window and the mixture as in their chapters, in inference mode"
    def __init__(self, net):
        self.net, self.loaded, H = net, torch.from_numpy(loaded(net)), net.hidden
        self.first = nn.LSTMCell(3+len(net.alphabet), H)
        self.cells = [self.first, *(nn.LSTMCell(l.input_size, H) for l in net.upper)]
        with torch.no_grad():
            self.first.weight_ih.copy_(torch.cat([net.enter.weight, net.recur[H:].t()], 1)); self.first.weight_hh.copy_(net.recur[:H].t())
            self.first.bias_ih.copy_(net.enter.bias); self.first.bias_hh.zero_()
            for cell, l in zip(self.cells[1:], net.upper):
                for name in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'): getattr(cell, name).copy_(getattr(l, f'{name}_l0'))
    def begin(self, ids):
        B, net = len(ids), self.net
        self.onehot, self.x = net.onehot(ids), torch.zeros(B, 3)
        self.w, self.kappa = torch.zeros(B, len(net.alphabet)), torch.zeros(B, net.looks)-.5
        self.states = [(torch.zeros(B, net.hidden), torch.zeros(B, net.hidden)) for _ in self.cells]
    @torch.inference_mode()
    def run(self, uniform, normal, bias):
        net, points, phis = self.net, [], []
        for u, z in zip(torch.as_tensor(uniform), torch.as_tensor(normal)):
            h, c = self.states[0] = self.first(torch.cat([self.x, self.w], 1), self.states[0])
            self.w, self.kappa, phi = window(net.look(h), self.kappa, self.onehot); hs = [h]
            for k, cell in enumerate(self.cells[1:], 1):
                h, c = self.states[k] = cell(torch.cat([self.x, self.w, hs[-1]], 1), self.states[k]); hs.append(h)
            m = mixture(net.out(torch.cat(hs, 1)), net.bits, net.floor)
            p = draw(biased(m._replace(bits=m.bits+self.loaded), torch.as_tensor(bias)[:, None]), u, z)
            self.x = p[:, :3]; points.append(p); phis.append(phi)
        return torch.stack(points).numpy(), torch.stack(phis).numpy()

def noise(B, bits, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((CHUNK, B, 1+bits), dtype=np.float32), rng.standard_normal((CHUNK, B, 2), dtype=np.float32), np.full(B, .75, np.float32)

def points_per_second(stepper, net, B, chunks):
    ids = np.repeat(encode(net.alphabet, TEXT)[None], B, 0)
    stepper.begin(ids); stepper.run(*noise(B, net.bits)); start = time.perf_counter()
    for k in range(chunks): stepper.run(*noise(B, net.bits, k))
    return CHUNK*B*chunks/(time.perf_counter()-start)

def writing(net, rounds=5):
    plain = PlainStepper(net); ids = encode(net.alphabet, TEXT)[None]
    for s in (plain, reference := Stepper(net)): s.begin(ids)
    assert np.abs(plain.run(*noise(1, net.bits))[0]-reference.run(*noise(1, net.bits))[0]).max() < 1e-4, 'the plain loop is not this network'
    print(f'{"writing, points a second":40}{"plain loop":>12}{"float32":>12}{"int8":>12}{"int8 / plain":>14}')
    for B, chunks in (1, 20), (8, 20), (32, 6):
        fast = {k: FastStepper(net, int8=k == 'int8') for k in ('float32', 'int8')}; seen = []
        for _ in range(rounds): seen.append([points_per_second(s, net, B, chunks) for s in (plain, fast['float32'], fast['int8'])])
        a, b, c = np.median(seen, 0); print(f'{f"  {B} lines at once":40}{a:12,.0f}{b:12,.0f}{c:12,.0f}{np.median([s[2]/s[0] for s in seen]):13.1f}x')

def seconds(*command):
    start = time.perf_counter(); subprocess.run([sys.executable, *command], check=True, capture_output=True); return time.perf_counter()-start

def command(rounds=6):
    with tempfile.TemporaryDirectory() as d:
        pairs = [(seconds('-c', 'import torch'), seconds('-m', 'handwriting_nb.cli', 'write', 'You know nothing, Jon Snow'[:25], '-o', f'{d}/{k}.svg')) for k in range(rounds)]
    a, b = np.median(pairs[1:], 0); print(f'{"the command, seconds":40}{"torch alone":>12}{"one line":>12}{"torch / line":>14}\n{"":40}{a:12.2f}{b:12.2f}{np.median([p/q for p, q in pairs[1:]]):13.1f}x')

if __name__ == '__main__':
    net = networks.load(DATA/'models'/'writer.safetensors')
    print(f'{torch.get_num_threads()} threads, PyTorch {torch.__version__}; the writer: {net.config["layers"]} x {net.hidden}'); writing(net); training(); command(); lines(); prediction()

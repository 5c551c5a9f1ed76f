"""Training prediction networks: whole-sequence calls against the loop that one would write first, in one run.

The loop goes from point to point, through an `nn.LSTMCell` or `nn.GRUCell` a layer, the output layer and the loss of that point, and lets
PyTorch differentiate it. Weights, batches, loss and gradients are the same; an update with clipping and Adam is part of both times.
The last column is what the ratio would be if an update were nothing but its matrix products, each as fast as it is by itself, in
the fastest of four layouts: those between a state and the next, which have to wait for one another, and those over all points at once.
"""
import time
import torch, torch.nn as nn
from handwriting_nb.prediction import PredictionNetwork

SIZES = [('2 x 128, batch 8', 2, 128, 8), ('2 x 256, batch 16', 2, 256, 16), ('2 x 256, batch 32', 2, 256, 32),
         ('3 x 400, batch 16', 3, 400, 16), ('1 x 900, batch 16', 1, 900, 16)]
POINTS = 60

class Loop:
    "The same network, cell by cell; it shares the weights of `net`"
    def __init__(self, net):
        self.net, self.cells = net, []
        for l in net.stack:
            cell = (nn.LSTMCell if isinstance(l, nn.LSTM) else nn.GRUCell)(l.input_size, l.hidden_size)
            for name in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'): setattr(cell, name, getattr(l, f'{name}_l0'))
            self.cells.append(cell)
    def loss(self, x, y, mask):
        states, total = [None]*len(self.cells), 0.
        for point, target, there in zip(x, y, mask):
            hs = []
            for k, cell in enumerate(self.cells):
                states[k] = cell(torch.cat([point, *hs[-1:]], -1), states[k])
                hs.append(states[k][0] if isinstance(cell, nn.LSTMCell) else states[k])
            total = total+(self.net.losses(self.net.out(torch.cat(hs, -1)), target)*there).sum()
        return total/mask.sum()

def product(rows, inner, columns, rounds=5):
    "Seconds of a product of (rows, inner) and (inner, columns): the least of four layouts"
    a, b = torch.randn(rows, inner), torch.randn(inner, columns); ta, tb = a.t().contiguous(), b.t().contiguous(); least = float('inf')
    for job in 2*rounds*[lambda: a@b, lambda: a@tb.t(), lambda: tb@a.t(), lambda: tb@ta]:
        start = time.perf_counter(); job(); least = min(least, time.perf_counter()-start)
    return least

def products(net, batch):
    "Seconds of what an update has to multiply, and of nothing else"
    n, seconds = POINTS*batch, 0.
    for k, l in enumerate(net.stack):
        G, I, H = *l.weight_ih_l0.shape, l.hidden_size
        seconds += POINTS*(product(batch, H, G)+product(batch, G, H))+product(H, n, G)           # from state to state, back, and the weights'
        seconds += product(n, I, G)+product(I, n, G)+(product(n, G, I) if k else 0)               # nobody asks for the points' derivative
    O, I = net.out.weight.shape; return seconds+product(n, I, O)+product(n, O, I)+product(I, n, O)

def problem(batch, points=POINTS):
    torch.manual_seed(1); x = torch.randn(points, batch, 3); x[..., 2] = (x[..., 2] > 1).float()
    return x, x.roll(-1, 0), torch.ones(points, batch)

def update(net, optimizer, loss):
    optimizer.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(net.parameters(), 1.); optimizer.step()

def points_per_second(cell, layers, hidden, batch, rounds=3):
    "(whole sequences, loop, products alone): the best of some rounds in turn"
    torch.manual_seed(0); net = PredictionNetwork(cell, layers, hidden); optimizer = torch.optim.Adam(net.parameters())
    data, loop = problem(batch), Loop(net)
    ways = (lambda: net.loss(net(data[0])[0], *data[1:])), (lambda: loop.loss(*data))
    grads = [torch.autograd.grad(way(), [*net.parameters()]) for way in ways]
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(*grads)), 'the loop is not this network'
    best = [float('inf')]*3
    for _ in range(rounds):
        for k, way in enumerate(ways):
            start = time.perf_counter(); update(net, optimizer, way()); best[k] = min(best[k], time.perf_counter()-start)
        best[2] = min(best[2], products(net, batch))
    return [POINTS*batch/b for b in best]

def prediction(rounds=3):
    torch.set_flush_denormal(True)
    print(f'{f"prediction networks, {torch.get_num_threads()} thread(s)":40}{"loop":>12}{"whole":>12}{"whole / loop":>14}{"at most":>10}')
    for name, layers, hidden, batch in SIZES:
        for cell in ('lstm', 'gru'):
            whole, loop, bare = points_per_second(cell, layers, hidden, batch, rounds)
            print(f'{f"{cell}, {name}, points a second":40}{loop:12.0f}{whole:12.0f}{whole/loop:14.1f}{bare/loop:10.1f}', flush=True)

if __name__ == '__main__': prediction()

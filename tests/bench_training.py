"""Training a synthesis network, as ratios within one run: an update, from the points to the new weights, in points a second.

(a) every cell in a Python loop, which PyTorch differentiates; (b) the first layer with its backward pass by hand, the layers above in one call; and, where
there is a GPU, (c) the same with one kernel between two products, and both recorded as CUDA graphs. The numbers that come out are checked to be the same.
Memory is the most that is allocated at once during an update, beyond weights and Adam's moments. On processors a last line says what would come out if an
update were nothing but its matrix products, each as fast as it is by itself.
"""
import time
import numpy as np, torch
from bench_prediction import product
from handwriting_nb import captured, networks
from handwriting_nb.training import ALPHABET

def cells(net, x, ids):
    "The network as one would write it first: each layer from point to point"
    h, w, _, _ = networks.first_layer(net.enter(x), net.recur, net.look.weight.t(), net.look.bias, net.onehot(ids), net.start(x.shape[1]).first); hs = [h]
    for lstm, s in zip(net.upper, net.start(x.shape[1]).upper):
        weights, s, out = [getattr(lstm, f'{n}_l0') for n in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')], [t[0] for t in s], []
        for point in torch.cat([x, w, hs[-1]], -1).unbind(0): s = torch.lstm_cell(point, s, *weights); out.append(s[0])
        hs.append(torch.stack(out))
    return net.out(torch.cat(hs, -1))

def whole(layer):
    def forward(net, x, ids):
        keep, networks.LAYERS = networks.LAYERS, {x.device.type: layer}
        try: return net(x, ids)[0]
        finally: networks.LAYERS = keep
    return forward

class Problem:
    "A network, a batch, and an update"
    def __init__(self, forward, hidden, T, B, device):
        torch.manual_seed(0); self.net, self.forward = networks.SynthesisNetwork(ALPHABET, hidden=hidden, bits=2, floor=1e-3).to(device), forward
        self.x = torch.randn(T, B, 3, device=device)*.3; self.ids = torch.randint(1, 70, (B, 32), device=device)
        self.y = torch.cat([self.x.roll(-1, 0)[..., :2], torch.zeros(T, B, 2, device=device)], -1); gpu = device == 'cuda'
        self.adam = torch.optim.Adam(self.net.parameters(), torch.tensor(1e-4, device=device) if gpu else 1e-4, fused=gpu, capturable=gpu)
    def update(self):
        self.adam.zero_grad(set_to_none=True); loss = self.net.losses(self.forward(self.net, self.x, self.ids), self.y).mean(); loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.); self.adam.step(); return loss

def recorded(problem):
    stream = torch.cuda.Stream(); stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream): problem.update()
    torch.cuda.current_stream().wait_stream(stream); problem.adam.zero_grad(set_to_none=True); graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream): problem.update()
    return graph.replay

def wait(device): torch.cuda.synchronize() if device == 'cuda' else None

def seconds(run, device):
    wait(device); start = time.perf_counter(); run(); wait(device); return time.perf_counter()-start

def memory(run, device):
    "Most gigabytes at once, beyond what there was before"
    if device == 'cuda':
        before = torch.cuda.memory_allocated(); torch.cuda.reset_peak_memory_stats(); run(); wait(device); return (torch.cuda.max_memory_allocated()-before)/1e9
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as p: run()
    changes = sorted((e.start_ns(), e.nbytes()) for e in p.profiler.kineto_results.events() if e.name() == '[memory]')
    return max(np.cumsum([n for _, n in changes]), default=0)/1e9

def products(net, T, B):
    "Seconds of what an update has to multiply: the first layer step by step, the others between a state and the next; the rest, and all weights' gradients, at once"
    n, (R, G), H, K = T*B, net.recur.shape, net.hidden, net.look.out_features
    seconds = T*(product(B, R, G)+product(B, G, R)+product(B, H, K)+product(B, K, H))+product(R, n, G)+product(H, n, K)+product(n, 3, G)+product(3, n, G)
    for l in net.upper:
        I = l.input_size; seconds += T*(product(B, H, G)+product(B, G, H))+product(H, n, G)+product(n, I, G)+product(I, n, G)+product(n, G, I)
    O, I = net.out.weight.shape; return seconds+product(n, I, O)+product(n, O, I)+product(I, n, O)

def training(rounds=2):
    torch.set_flush_denormal(True); gpu = torch.cuda.is_available(); device, (hidden, T, B) = ('cuda', (400, 256, 64)) if gpu else ('cpu', (256, 100, 32))
    ways = {'(a) cell by cell': (cells, False), '(b) by hand': (whole(networks.fast_first_layer), False)}
    if gpu and captured.triton:
        fused = whole(captured.fused_first_layer)
        ways |= {'    one kernel': (fused, False), '    by hand, recorded': (ways['(b) by hand'][0], True), '(c) one kernel, recorded': (fused, True)}
    print(f'{f"training 3 x {hidden}, {B} lines of {T} points, {device}":40}{"points/s":>12}{"to (a)":>12}{"most GB":>12}'); first = {}
    for name, (forward, record) in ways.items():
        problem = Problem(forward, hidden, T, B, device); loss = problem.update().item(); first.setdefault('loss', loss)
        assert abs(loss-first['loss']) < 1e-3*abs(first['loss']), f'{name} is not this network'
        most = memory(problem.update, device); run = recorded(problem) if record else problem.update; run()
        took = min(seconds(run, device) for _ in range(rounds)); first.setdefault('took', took)
        print(f'  {name:38}{T*B/took:12,.0f}{first["took"]/took:11.1f}x{most:12.2f}', flush=True)
    if not gpu: took = products(problem.net, T, B); print(f'  {"matrix products alone":38}{T*B/took:12,.0f}{first["took"]/took:11.1f}x', flush=True)

if __name__ == '__main__': training()

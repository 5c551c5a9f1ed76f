"""Lines that gradients flow through, as ratios within one run: 64 digits of 20 segments on 28 x 28, forward and backward. On one thread of the
processor; then on a GPU, if there is one, and there for 1,024 digits too.

The yardstick is the construction of the blog post with a Python loop over the segments: two directions, two masks each, their maximum, a rectangle.
Memory is what autograd keeps between the forward and the backward pass, and the most that is allocated at once during both.
"""
import time
import numpy as np, torch
from handwriting_nb.lines import distance_lines, grid_lines

def edge(u, half, k): return torch.sigmoid(k*(u+half))*torch.sigmoid(k*(half-u))

def looped(segments, k=10., join='sum', size=28):
    "(batch, segments, 4) to (batch, H, W), a segment at a time"
    x = torch.arange(size, dtype=segments.dtype, device=segments.device)[None, None]; y = x.transpose(1, 2); drawing = segments.new_zeros(len(segments), size, size)
    for s in segments.unbind(1):
        x1, y1, x2, y2 = (c[:, None, None] for c in s.unbind(-1))
        columns = edge(y-(y1+(x-x1)*(y2-y1)/(x2-x1+1e-6)), .5, k); rows = edge(x-(x1+(y-y1)*(x2-x1)/(y2-y1+1e-6)), .5, k)
        box = edge(x-(x1+x2)/2, (x2-x1).abs()/2+.5, k)*edge(y-(y1+y2)/2, (y2-y1).abs()/2+.5, k)
        line = torch.maximum(columns, rows)*box
        drawing = drawing+line if join == 'sum' else torch.maximum(drawing, line)
    return drawing

WAYS = {'loop over segments': looped, 'grid line': lambda s, join: grid_lines(s, join=join), 'distance line': lambda s, join: distance_lines(s, join=join)}

def there_and_back(draw, segments, target, join):
    s = segments.clone().requires_grad_(); (draw(s, join=join)-target).square().mean().backward(); return s.grad

def seconds(draw, segments, *args):
    "Until the result is there: a GPU is asked for work, and does it while the clock is read"
    wait = torch.cuda.synchronize if segments.is_cuda else lambda: None
    wait(); start = time.perf_counter(); there_and_back(draw, segments, *args); wait(); return time.perf_counter()-start

def kept(draw, segments, target, join):
    "Megabytes of distinct storage that autograd saves for the backward pass"
    seen = {}
    def note(t): seen[t.untyped_storage().data_ptr()] = t; return t        # holding it, so that no address comes twice
    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t): draw(segments.clone().requires_grad_(), join=join)
    return sum(t.untyped_storage().nbytes() for t in seen.values())/1e6

def peak(draw, segments, *args):
    "Most megabytes allocated at once: counted by the GPU's allocator, or from the profiler's record of each allocation and release"
    args = draw, segments, *args
    if segments.is_cuda:
        before = torch.cuda.memory_allocated(); torch.cuda.reset_peak_memory_stats(); there_and_back(*args)
        return (torch.cuda.max_memory_allocated()-before)/1e6
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as p: there_and_back(*args)
    changes = sorted((e.start_ns(), e.nbytes()) for e in p.profiler.kineto_results.events() if e.name() == '[memory]')
    return max(np.cumsum([n for _, n in changes]), default=0)/1e6

def table(title, digits, segments, device, rounds):
    torch.manual_seed(0); s, target = (torch.rand(*shape)*scale for shape, scale in (((digits, segments, 4), 27), ((digits, 28, 28), 1)))
    s, target = s.to(device), target.to(device)
    print(f'{f"lines: {digits:,} x {segments} on 28 x 28, {title}":60}{"ms":>12}{"kept, MB":>12}{"peak, MB":>12}{"loop / it":>14}')
    for join in ('sum', 'max'):
        for draw in 3*list(WAYS.values()): there_and_back(draw, s, target, join)
        seen = np.array([[seconds(draw, s, target, join) for draw in WAYS.values()] for _ in range(rounds)])
        for k, (name, draw) in enumerate(WAYS.items()):
            a = draw, s, target, join
            print(f'{f"  {name}, {join}":60}{1e3*np.median(seen[:, k]):12.2f}{kept(*a):12.1f}{peak(*a):12.1f}{np.median(seen[:, 0]/seen[:, k]):13.1f}x')

def lines(rounds=15, digits=64, segments=20):
    threads = torch.get_num_threads(); torch.set_num_threads(1)
    table('one thread', digits, segments, 'cpu', rounds)
    if torch.cuda.is_available():
        for n in (digits, 16*digits): table(torch.cuda.get_device_name(), n, segments, 'cuda', 2*rounds)
    torch.set_num_threads(threads)

if __name__ == '__main__': lines()

"Lines: what holds for any segments"
import pytest, torch
from hypothesis import given, strategies as st
from handwriting_nb.ink import BadInput
from handwriting_nb.lines import as_segments, distance_lines, grid_lines, grid_segments

WAYS = [grid_lines, distance_lines]
ways = pytest.mark.parametrize('draw', WAYS); joins = pytest.mark.parametrize('join', ['sum', 'max'])
inside = st.floats(0, 12, width=32)
anywhere = st.one_of(inside, st.sampled_from([0., 3., 3.5, 1e-30, -1e-7]), st.floats(-1e6, 1e6, width=32))

def segments(number): return st.lists(st.tuples(*[number]*4), min_size=1, max_size=5).map(lambda s: torch.tensor([s], dtype=torch.float32))

@ways
@joins
@given(s=segments(anywhere))
def test_finite(draw, join, s):
    s.requires_grad_(); y = draw(s, (9, 13), join=join); g, = torch.autograd.grad((y-.3).square().sum(), s)
    assert y.shape == (1, 9, 13) and y.isfinite().all() and g.isfinite().all() and (y >= 0).all()
    if join == 'max': assert (y <= 1).all()

@ways
@joins
@given(s=segments(inside))
def test_ends_may_be_swapped(draw, join, s):
    s = s.double().requires_grad_(); swapped = s.roll(2, -1)
    a, b = draw(s, 14, join=join), draw(swapped, 14, join=join)
    assert torch.allclose(a, b, atol=1e-9)

@ways
@joins
@given(s=segments(inside), dx=st.integers(0, 6), dy=st.integers(0, 6))
def test_moves_with_the_pixels(draw, join, s, dx, dy):
    s = s.double(); a = draw(s, 14, join=join); b = draw(s+torch.tensor([dx, dy, dx, dy]), (14+dy, 14+dx), join=join)
    assert torch.allclose(a, b[:, dy:, dx:], atol=1e-9)

@ways
@given(s=segments(inside))
def test_turns_with_the_picture(draw, s):
    s = s.double(); turned = s[..., [1, 0, 3, 2]]
    assert torch.allclose(draw(s, (14, 11)), draw(turned, (11, 14)).transpose(1, 2), atol=1e-9)

@ways
@given(s=segments(inside))
def test_maximum_is_at_most_the_sum(draw, s):
    s = s.double(); top, total = draw(s, 14), draw(s, 14, join='sum')
    assert (top <= total+1e-12).all() and (total <= top*s.shape[1]+1e-12).all()

@ways
@joins
def test_a_batch_is_its_parts(draw, join):
    torch.manual_seed(0); s = torch.rand(37, 20, 4)*27; w = torch.randn(37, 28, 28)
    def both(s, w): s = s.clone().requires_grad_(); y = draw(s, join=join); return y.detach(), torch.autograd.grad((y*w).sum(), s)[0]
    (y, g), parts = both(s, w), [both(s[i:i+1], w[i:i+1]) for i in range(37)]
    assert torch.allclose(y, torch.cat([p[0] for p in parts]), atol=1e-5) and torch.allclose(g, torch.cat([p[1] for p in parts]), atol=1e-3)

@ways
@joins
def test_nothing_to_draw(draw, join):
    for s in torch.zeros(0, 3, 4), torch.zeros(2, 0, 4), torch.zeros(2, 1, 2):
        s.requires_grad_(); y = draw(s, (5, 6), join=join); y.sum().backward()
        assert y.shape == (len(s), 5, 6) and not y.any() and s.grad.shape == s.shape

@ways
def test_points_are_joined(draw):
    p = torch.rand(2, 7, 2)*27
    assert torch.equal(draw(p), draw(as_segments(p))) and as_segments(p).shape == (2, 6, 4)

def test_lifted_pens():
    s = torch.rand(2, 5, 4)*27; soft = torch.tensor([[10., 0, 10, 0, 0]]).expand(2, 5)
    assert not grid_segments(s, softness=soft)[:, [1, 3, 4]].any()
    assert torch.allclose(grid_lines(s, softness=soft), grid_lines(s[:, [0, 2]]))
    assert torch.allclose(distance_lines(s, pen=soft/10), distance_lines(s[:, [0, 2]]), atol=1e-6)

@pytest.mark.parametrize('bad', [torch.zeros(3, 4), torch.zeros(1, 3, 3), torch.zeros(1, 0, 2), torch.zeros(1, 2, 4, dtype=torch.long)])
@ways
def test_bad_shapes(draw, bad):
    with pytest.raises(BadInput): draw(bad)

@ways
def test_bad_join(draw):
    with pytest.raises(BadInput): draw(torch.zeros(1, 2, 4), join='mean')
    with pytest.raises(BadInput): distance_lines(torch.zeros(1, 2, 4), width=0)

@pytest.mark.parametrize('join', ['sum', 'max'])
@given(s=segments(inside), seed=st.integers(0, 99))
def test_the_way_back_agrees_with_automatic_differentiation(join, s, seed):
    torch.manual_seed(seed); s = (s.double()+.1*torch.rand(s.shape)).requires_grad_(); pen = (.2+torch.rand(s.shape[:2]).double()).requires_grad_(); w = torch.randn(9, 13).double()
    y, x = torch.meshgrid(torch.arange(9.), torch.arange(13.), indexing='ij'); p = torch.stack([x, y], -1).double()
    a, way = s[0, :, None, None, :2], (s[..., 2:]-s[..., :2])[0, :, None, None]
    t = (((p-a)*way).sum(-1)/way.square().sum(-1)).clamp(0, 1)
    ink = torch.exp2(-(p-a-t[..., None]*way).square().sum(-1))*pen[0, :, None, None]; plain = ink.sum(0) if join == 'sum' else ink.max(0)[0]
    ours = distance_lines(s, (9, 13), 2., pen, join)[0]
    assert torch.allclose(ours, plain, atol=1e-10)
    for g, h in zip(*(torch.autograd.grad((d*w).sum(), (s, pen)) for d in (ours, plain))): assert torch.allclose(g, h, atol=1e-6)

def test_of_equals_one_is_moved():
    s = torch.tensor([[[2., 2, 6, 5]]*3+[[1, 7, 7, 7]]], dtype=torch.double).requires_grad_(); one = s.detach()[:, [0, 3]].requires_grad_()
    for x in s, one: distance_lines(x, 9).square().sum().backward()
    assert not s.grad[:, :2].any() and torch.allclose(s.grad[:, 2:], one.grad)

def test_of_lifted_pens_the_nearest_is_felt():
    s = torch.tensor([[[2., 1, 6, 1], [2, 7, 6, 7]]]); pen = torch.zeros(1, 2, requires_grad=True)
    y = distance_lines(s, 9, pen=pen); y.sum().backward()
    assert not y.any() and (pen.grad > 4).all() and torch.allclose(*pen.grad[0])

@joins
def test_the_way_back_may_be_gone_twice(join):
    s = torch.rand(2, 3, 4).mul(9).requires_grad_(); y = distance_lines(s, 9, join=join).square().sum()
    a, b = (torch.autograd.grad(y, s, retain_graph=True)[0] for _ in range(2)); assert torch.equal(a, b)

@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
@ways
@joins
def test_a_gpu_draws_the_same(draw, join):
    s = torch.rand(5, 7, 4)*27; both = [s.clone().to(d).requires_grad_() for d in ('cpu', 'cuda')]
    drawn = [draw(x, join=join) for x in both]; [d.square().sum().backward() for d in drawn]
    assert torch.allclose(drawn[0], drawn[1].cpu(), atol=1e-4) and torch.allclose(both[0].grad, both[1].grad.cpu(), atol=1e-2)

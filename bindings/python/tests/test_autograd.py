"""Custom functions, hooks, checks, products with Jacobians, recomputation and anomaly detection from Python."""

import gc
import weakref

import numpy as np
import pytest

import apus as torch
from apus import nn
from apus.autograd import Function, functional


class Cube(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return x * x * x * scale

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x * x * ctx.scale, None


class SumAndDifference(Function):
    @staticmethod
    def forward(a, b):
        return a + b, a - b

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, g, h):
        return g + h, g - h


def values(*shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape)).requires_grad_()


def test_custom_functions_have_their_own_derivatives():
    x = values(3)
    y = Cube.apply(x, 2.0)
    assert y.grad_fn.name() == "CubeBackward"
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * x.detach().numpy() ** 2, rtol=1e-14)
    assert torch.autograd.gradcheck(lambda x: Cube.apply(x, 0.5), [values(4)])
    assert torch.autograd.gradgradcheck(lambda x: Cube.apply(x, 0.5), [values(4)])
    assert torch.autograd.gradcheck(SumAndDifference.apply, [values(2), values(2, seed=1)])


def test_unused_outputs_give_zero_gradients():
    a, b = values(2), values(2, seed=1)
    SumAndDifference.apply(a, b)[0].sum().backward()
    assert a.grad.tolist() == [1, 1] and b.grad.tolist() == [1, 1]


def test_what_backward_raises_comes_out():
    class Broken(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            raise ZeroDivisionError("on purpose")

    class Few(Broken):
        @staticmethod
        def backward(ctx, gradient):
            return ()

    with pytest.raises(ZeroDivisionError, match="on purpose"):
        Broken.apply(values(2)).sum().backward()
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        Few.apply(values(2)).sum().backward()


def test_graphs_of_custom_functions_are_freed():
    class Marker:
        pass

    marker = Marker()
    seen = weakref.ref(marker)

    class Keeps(Function):
        @staticmethod
        def forward(ctx, x):
            result = x * 2
            ctx.marker = marker
            ctx.save_for_backward(result)
            return result

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 2

    y = Keeps.apply(values(2))
    del marker, Keeps
    y.sum().backward()
    del y
    gc.collect()
    assert seen() is None


def test_hooks_see_and_replace_gradients():
    x = values(3)
    seen = []
    y = x * 2
    first = x.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert seen == [[20.0, 20.0, 20.0]] and x.grad.tolist() == [20.0, 20.0, 20.0]
    first.remove()
    (x * 3).sum().backward()
    assert len(seen) == 1

    def refuses(_):
        raise KeyError("hook")

    x.register_hook(refuses)
    with pytest.raises(KeyError, match="hook"):
        (x * 3).sum().backward()
    with pytest.raises(RuntimeError):
        torch.zeros(2).register_hook(print)


def test_gradcheck_finds_wrong_derivatives():
    class Wrong(Cube):
        @staticmethod
        def backward(ctx, gradient):
            return gradient, None

    with pytest.raises(torch.autograd.GradcheckError, match="differences give"):
        torch.autograd.gradcheck(lambda x: Wrong.apply(x, 1.0), [values(2)])
    assert not torch.autograd.gradcheck(lambda x: Wrong.apply(x, 1.0), [values(2)], raise_exception=False)
    with pytest.raises(TypeError, match="float64"):
        torch.autograd.gradcheck(torch.sin, [torch.randn(2, requires_grad=True)])


def test_products_with_jacobians():
    x, v = values(3), values(3, seed=1).detach()

    def function(x):
        return (x * x).sum() * x.sin()

    matrix = functional.jacobian(function, x).numpy()
    outputs, product = functional.jvp(function, x, v)
    np.testing.assert_allclose(product.numpy(), matrix @ v.numpy(), rtol=1e-12)
    _, product = functional.vjp(function, x, v)
    np.testing.assert_allclose(product.numpy(), v.numpy() @ matrix, rtol=1e-12)
    np.testing.assert_allclose(outputs.numpy(), function(x).detach().numpy())
    hessian = functional.hessian(lambda x: (x**3).sum() + x[0] * x[1], x).detach().numpy()
    expected = np.diag(6 * x.detach().numpy())
    expected[0, 1] = expected[1, 0] = 1
    np.testing.assert_allclose(hessian, expected, rtol=1e-12, atol=1e-14)
    _, product = functional.hvp(lambda x: (x**3).sum(), x, v)
    np.testing.assert_allclose(product.numpy(), 6 * (x.detach() * v).numpy(), rtol=1e-12)


def test_recomputation_gives_the_same_gradients():
    torch.manual_seed(0)
    block = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2))
    x = torch.randn(5, 4, requires_grad=True)
    torch.manual_seed(1)
    block(x).square().sum().backward()
    expected = [p.grad.numpy().copy() for p in block.parameters()] + [x.grad.numpy().copy()]
    for run in (
        lambda: torch.utils.checkpoint.checkpoint(block, x, use_reentrant=True),
        lambda: torch.utils.checkpoint.checkpoint_sequential(list(block), 2, x),
    ):
        block.zero_grad()
        x.grad = None
        torch.manual_seed(1)
        run().square().sum().backward()
        found = [p.grad.numpy() for p in block.parameters()] + [x.grad.numpy()]
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_anomaly_detection_names_the_operation():
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.detect_anomaly(), pytest.raises(ArithmeticError, match="SqrtBackward0"):
        (x.sqrt() * 0).sum().backward()
    (x.sqrt() * 0).sum().backward()


def test_graph_is_printed():
    text = (values(2) * 2).sum().graph()
    assert text.startswith("digraph") and "MulBackward0" in text and "leaf [2]" in text


def test_grad_function():
    x, y = values(2), values(2, seed=1)
    (g,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    assert second.tolist() == [2.0, 2.0]
    with pytest.raises((RuntimeError, ValueError)):
        torch.autograd.grad((x * x).sum(), y)
    assert torch.autograd.grad((x * x).sum(), y, allow_unused=True) == (None,)


def test_backward_hooks_of_modules():
    layer = nn.Linear(3, 2)
    model = nn.Sequential(nn.Linear(4, 3), layer, nn.Tanh())
    x = torch.randn(5, 4)
    seen = []
    handle = layer.register_full_backward_hook(lambda module, into, out: seen.append((module, into[0], out[0])))
    model(x).sum().backward()
    (module, into, out), expected = seen[0], model[0].weight.grad.numpy().copy()
    assert module is layer and into.shape == (5, 3) and out.shape == (5, 2)
    np.testing.assert_allclose(into.numpy(), out.numpy() @ layer.weight.detach().numpy(), rtol=1e-5, atol=1e-6)
    handle.remove()
    layer.register_full_backward_hook(lambda module, into, out: (into[0] * 2,))
    model.zero_grad()
    model(x).sum().backward()
    np.testing.assert_allclose(model[0].weight.grad.numpy(), 2 * expected, rtol=1e-5, atol=1e-6)
    assert len(seen) == 1

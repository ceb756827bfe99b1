"""What the golden files of networks hold: functions of a library with PyTorch's names (`torch`) and of input arrays.

Used by generate.py with PyTorch and by bindings/python/tests/test_network_golden.py with Apus.
"""

import numpy as np

_rng = np.random.default_rng(0)
A, B = _rng.standard_normal((2, 3, 4))
P = _rng.random((3, 4)) + 0.2
M = _rng.standard_normal((4, 5))
X = _rng.standard_normal((2, 3, 4))
LABELS = np.array([2, 0, 1, 1])
PLACES = _rng.integers(0, 3, (2, 4))
KERNEL = _rng.standard_normal((5, 3, 3))
WEIGHTS = _rng.random(5) + 0.1


def _assigned(torch, a, b):
    c = a * 1
    c[0] = b[1]
    c[1:, 2] = 7.0
    c[torch.tensor([2]), torch.tensor([3])] = b[0, 0]
    return c


def _f(name, *arguments, **values):
    return lambda torch, *inputs: getattr(torch.nn.functional, name)(*inputs, *arguments, **values)


OPERATIONS = {
    "add": (lambda torch, a, b: a + b, [A, B]),
    "subtract_from_number": (lambda torch, a: 2 - a, [A]),
    "divide_number": (lambda torch, a: 2 / a, [P]),
    "power": (lambda torch, a: a**3, [A]),
    "power_of_number": (lambda torch, a: 2**a, [A]),
    "power_tensors": (lambda torch, a, b: a**b, [P, B]),
    "remainder": (lambda torch, a: a % 0.7, [A]),
    "matmul": (lambda torch, a, b: a @ b, [A, M]),
    "batched_matmul": (lambda torch, a, b: a @ b, [X, M]),
    "matrix_vector": (lambda torch, a, b: a @ b, [A, M[:, 0].copy()]),
    "einsum": (lambda torch, a, b: torch.einsum("bij,jk->bki", a, b), [X, M]),
    "sum": (lambda torch, a: a.sum(1), [A]),
    "mean": (lambda torch, a: a.mean((0, 1), keepdim=True), [A]),
    "variance": (lambda torch, a: a.var(1), [A]),
    "deviation": (lambda torch, a: a.std(0, unbiased=False), [A]),
    "max": (lambda torch, a: a.max(1).values, [A]),
    "min_of_all": (lambda torch, a: a.min(), [A]),
    "maximum": (lambda torch, a, b: torch.maximum(a, b), [A, B]),
    "product": (lambda torch, a: a.prod(1), [A]),
    "cumsum": (lambda torch, a: a.cumsum(0), [A]),
    "logsumexp": (lambda torch, a: a.logsumexp(1), [A]),
    "norm": (lambda torch, a: a.norm(dim=1), [A]),
    "softmax": (lambda torch, a: torch.softmax(a, 0), [A]),
    "sort": (lambda torch, a: a.sort(1, descending=True).values, [A]),
    "topk": (lambda torch, a: a.topk(2, 1).values, [A]),
    "permute": (lambda torch, a: a.permute(2, 0, 1).contiguous(), [X]),
    "expand": (lambda torch, a: a.unsqueeze(0).expand(5, -1, -1), [A]),
    "repeat": (lambda torch, a: a.repeat(2, 3), [A]),
    "flip": (lambda torch, a: a.flip(0), [A]),
    "roll": (lambda torch, a: a.roll(1, 0), [A]),
    "cat": (lambda torch, a, b: torch.cat([a, b], 1), [A, B]),
    "stack": (lambda torch, a, b: torch.stack((a, b), 2), [A, B]),
    "split": (lambda torch, a: a.split([1, 3], 1)[1], [A]),
    "slices": (lambda torch, a: a[1:, ::2], [A]),
    "index_rows": (lambda torch, a: a[torch.tensor([0, 2, 0])], [A]),
    "index_columns": (lambda torch, a: a[:, torch.tensor([0, 2, 0])], [A]),
    "index_pairs": (lambda torch, a: a[torch.tensor([0, 1]), torch.tensor([2, 3])], [A]),
    "index_mask": (lambda torch, a: a[a > 0], [A]),
    "gather": (lambda torch, a, i: a.gather(0, i), [A, PLACES]),
    "scatter_add": (lambda torch, a, i, b: a.scatter_add(0, i, b), [A, PLACES, B[:2].copy()]),
    "where": (lambda torch, a, b: torch.where(a > 0, a, b), [A, B]),
    "masked_fill": (lambda torch, a: a.masked_fill(a > 0, 5.0), [A]),
    "clamp": (lambda torch, a: a.clamp(-0.5, 0.5), [A]),
    "tril": (lambda torch, a: a.tril(), [A]),
    "atan2": (lambda torch, a, b: torch.atan2(a, b), [A, B]),
    "in_place": (lambda torch, a: (a * 2).add_(1).mul_(a).relu_(), [A]),
    "assignment": (_assigned, [A, B]),
    "gelu": (_f("gelu"), [A]),
    "gelu_tanh": (_f("gelu", approximate="tanh"), [A]),
    "silu": (_f("silu"), [A]),
    "mish": (_f("mish"), [A]),
    "elu": (_f("elu", 1.5), [A]),
    "celu": (_f("celu", 0.5), [A]),
    "selu": (_f("selu"), [A]),
    "softplus": (_f("softplus", 2.0), [A]),
    "leaky_relu": (_f("leaky_relu", 0.2), [A]),
    "hardswish": (_f("hardswish"), [A]),
    "logsigmoid": (_f("logsigmoid"), [A]),
    "softsign": (_f("softsign"), [A]),
    "layer_norm": (_f("layer_norm", [4]), [A]),
    "normalize": (_f("normalize"), [A]),
    "pad_reflect": (_f("pad", (1, 2), mode="reflect"), [X]),
    "pad": (_f("pad", (1, 2, 1, 0), value=3.0), [X]),
    "conv1d": (_f("conv1d", stride=2, padding=1), [X, KERNEL]),
    "max_pool1d": (_f("max_pool1d", 2, 1, 1), [X]),
    "avg_pool1d": (_f("avg_pool1d", 3, 2, 1, count_include_pad=False), [X]),
    "attention": (lambda torch, a, b: torch.nn.functional.scaled_dot_product_attention(a, b, b), [X, 2 * X]),
    "cross_entropy": (_f("cross_entropy", label_smoothing=0.1, ignore_index=1), [M, LABELS]),
    "cross_entropy_weighted": (
        lambda torch, a, i, w: torch.nn.functional.cross_entropy(a, i, weight=w.detach(), reduction="sum"),
        [M, LABELS, WEIGHTS],
    ),
    "cross_entropy_soft": (lambda torch, a, b: torch.nn.functional.cross_entropy(a, b.softmax(1)), [A, B]),
    "nll_places": (lambda torch, a, i: torch.nn.functional.nll_loss(a.log_softmax(1), i), [X, PLACES]),
    "bce_logits": (
        lambda torch, a, b: torch.nn.functional.binary_cross_entropy_with_logits(a, torch.sigmoid(b).detach()),
        [A, B],
    ),
    "kl_div": (
        lambda torch, a, b: torch.nn.functional.kl_div(a.log_softmax(1), b.softmax(1), reduction="batchmean"),
        [A, B],
    ),
    "huber": (_f("huber_loss", delta=0.5), [A, B]),
    "smooth_l1": (_f("smooth_l1_loss"), [A, B]),
    "cosine_embedding": (
        lambda torch, a, b: torch.nn.functional.cosine_embedding_loss(a, b, torch.tensor([1, -1, 1])),
        [A, B],
    ),
    "triplet": (lambda torch, a, b: torch.nn.functional.triplet_margin_loss(a, b, a * b), [A, B]),
}


def operation(torch, name):
    """The result of an operation and the gradients of its floating inputs, weighted unevenly."""
    function, arrays = OPERATIONS[name]
    inputs = [torch.tensor(a) for a in arrays]
    for tensor in inputs:
        if tensor.is_floating_point():
            tensor.requires_grad_()
    result = function(torch, *inputs)
    weights = torch.tensor(np.cos(np.arange(result.numel())).reshape(tuple(result.shape)))
    (result * weights).sum().backward()
    found = {"result": result.detach().numpy()}
    for index, tensor in enumerate(inputs):
        if tensor.is_floating_point() and tensor.grad is not None:
            found[f"gradient{index}"] = tensor.grad.numpy()
    return found


OPTIMIZERS = {
    "sgd": ("SGD", dict(lr=0.1)),
    "sgd_momentum": ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01)),
    "sgd_nesterov": ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)),
    "adam": ("Adam", dict(lr=0.01)),
    "adam_amsgrad": ("Adam", dict(lr=0.01, weight_decay=0.1, amsgrad=True)),
    "adamw": ("AdamW", dict(lr=0.01, weight_decay=0.1)),
    "radam": ("RAdam", dict(lr=0.01)),
    "adamax": ("Adamax", dict(lr=0.01)),
    "adagrad": ("Adagrad", dict(lr=0.1, lr_decay=0.1)),
    "adadelta": ("Adadelta", dict(lr=1.0)),
    "rmsprop": ("RMSprop", dict(lr=0.01)),
    "rmsprop_centered": ("RMSprop", dict(lr=0.01, momentum=0.5, centered=True)),
    "rprop": ("Rprop", dict(lr=0.01)),
}


def trajectory(torch, name):
    """Losses and final parameters of 30 steps of an optimiser in float64."""
    kind, settings = OPTIMIZERS[name]
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    generator = np.random.default_rng(0)
    x, y = torch.tensor(generator.standard_normal((20, 3))), torch.tensor(generator.standard_normal((20, 1)))
    optimizer, loss = getattr(torch.optim, kind)(model.parameters(), **settings), torch.nn.MSELoss()
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    final = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    return {"losses": np.array(losses), "parameters": final}


MODULES = {
    "linear": lambda nn: nn.Linear(7, 5),
    "conv2d": lambda nn: nn.Conv2d(3, 8, 3),
    "conv1d_groups": lambda nn: nn.Conv1d(4, 6, 5, groups=2),
    "embedding": lambda nn: nn.Embedding(11, 7, padding_idx=2),
    "bilinear": lambda nn: nn.Bilinear(3, 4, 5),
    "lstm": lambda nn: nn.LSTM(5, 6, num_layers=2, bidirectional=True),
    "gru": lambda nn: nn.GRU(4, 5),
}


def initial_state(torch, name):
    """The state_dict of a new module under seed 9."""
    torch.manual_seed(9)
    return {key: value.numpy() for key, value in MODULES[name](torch.nn).state_dict().items()}


RECURRENT = {
    f"{kind}_{form}": (kind, settings)
    for kind in ("RNN", "LSTM", "GRU")
    for form, settings in (("plain", {}), ("deep", dict(num_layers=2, bidirectional=True, batch_first=True)))
}


def recurrent(torch, name):
    """Output, final hidden state, and gradients of input and recurrent weight."""
    kind, settings = RECURRENT[name]
    torch.manual_seed(5)
    layer = getattr(torch.nn, kind)(4, 6, **settings).double()
    x = torch.tensor(np.random.default_rng(1).standard_normal((5, 3, 4))).requires_grad_()
    output, state = layer(x)
    (output * output).sum().backward()
    hidden = state[0] if kind == "LSTM" else state
    return {
        "output": output.detach().numpy(),
        "hidden": hidden.detach().numpy(),
        "input_gradient": x.grad.numpy(),
        "weight_gradient": layer.weight_hh_l0.grad.numpy(),
    }


GROUPS = {
    "operations": (OPERATIONS, operation),
    "trajectories": (OPTIMIZERS, trajectory),
    "initial_states": (MODULES, initial_state),
    "recurrent": (RECURRENT, recurrent),
}

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
IMAGES = _rng.standard_normal((2, 4, 5, 6))
FILTERS = _rng.standard_normal((6, 2, 2, 3))
FRAMES = _rng.standard_normal((7, 3, 4))


def _assigned(torch, a, b):
    c = a * 1
    c[0] = b[1]
    c[1:, 2] = 7.0
    c[torch.tensor([2]), torch.tensor([3])] = b[0, 0]
    return c


def _written_through_a_view(torch, a, b):
    c = a * 2
    c.narrow(0, 1, 2).transpose(0, 1).mul_(b[0, 0])
    c[:, 3].add_(1).copy_(b[:, 1])
    return c * c


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
    "exp": (lambda torch, a: a.exp(), [A]),
    "log": (lambda torch, a: a.log(), [P]),
    "log1p": (lambda torch, a: a.log1p(), [P]),
    "expm1": (lambda torch, a: a.expm1(), [A]),
    "sqrt": (lambda torch, a: a.sqrt(), [P]),
    "rsqrt": (lambda torch, a: a.rsqrt(), [P]),
    "sine": (lambda torch, a: a.sin() + a.cos() + a.tan(), [P]),
    "hyperbolic": (lambda torch, a: a.sinh() * a.cosh() + a.tanh(), [P]),
    "erf": (lambda torch, a: a.erf(), [A]),
    "absolute": (lambda torch, a: a.abs() + a.sign(), [A]),
    "reciprocal": (lambda torch, a: a.reciprocal(), [P]),
    "square": (lambda torch, a: a.square(), [A]),
    "log_softmax": (lambda torch, a: torch.log_softmax(a, 1), [A]),
    "relu": (_f("relu"), [A]),
    "relu6": (_f("relu6"), [3 * A]),
    "sigmoid": (lambda torch, a: torch.sigmoid(a), [A]),
    "tanh": (lambda torch, a: torch.tanh(a), [A]),
    "hardtanh": (_f("hardtanh", -0.7, 0.6), [A]),
    "hardshrink": (_f("hardshrink", 0.4), [A]),
    "softshrink": (_f("softshrink", 0.4), [A]),
    "tanhshrink": (_f("tanhshrink"), [A]),
    "threshold": (_f("threshold", 0.1, 2.0), [A]),
    "reshape": (lambda torch, a: a.reshape(4, 6), [X]),
    "transpose": (lambda torch, a: a.transpose(0, 2), [X]),
    "squeeze": (lambda torch, a: a.unsqueeze(1).squeeze(1), [A]),
    "select": (lambda torch, a: a.select(1, 2), [A]),
    "chunk": (lambda torch, a: a.chunk(2, 1)[1], [A]),
    "index_select": (lambda torch, a: a.index_select(1, torch.tensor([3, 0, 0])), [A]),
    "scatter": (lambda torch, a, i, b: a.scatter(0, i, b), [A, PLACES[:1].copy(), B[:1].copy()]),
    "embedding": (lambda torch, i, a: torch.nn.functional.embedding(i, a), [PLACES, M]),
    "triu": (lambda torch, a: a.triu(1), [A]),
    "amax": (lambda torch, a: a.amax(1), [A]),
    "broadcast": (lambda torch, a, b: a * b.sum(1, keepdim=True) - b.mean(0), [A, B]),
    "pad_replicate": (_f("pad", (2, 1), mode="replicate"), [X]),
    "pad_circular": (_f("pad", (2, 1), mode="circular"), [X]),
    "conv2d": (_f("conv2d", stride=(1, 2), padding=1, dilation=(2, 1), groups=2), [IMAGES, FILTERS]),
    "max_pool2d": (_f("max_pool2d", 2, stride=1, padding=1), [IMAGES]),
    "avg_pool2d": (_f("avg_pool2d", (2, 3), stride=2, ceil_mode=True), [IMAGES]),
    "adaptive_avg_pool2d": (_f("adaptive_avg_pool2d", (2, 3)), [IMAGES]),
    "batch_norm": (lambda torch, a: torch.nn.functional.batch_norm(a, None, None, training=True), [IMAGES]),
    "group_norm": (_f("group_norm", 2), [IMAGES]),
    "rms_norm": (_f("rms_norm", [4]), [A]),
    "mse": (_f("mse_loss"), [A, B]),
    "l1": (_f("l1_loss"), [A, B]),
    "bce": (lambda torch, a, b: torch.nn.functional.binary_cross_entropy(a.sigmoid(), b.sigmoid().detach()), [A, B]),
    "hinge_embedding": (
        lambda torch, a: torch.nn.functional.hinge_embedding_loss(a, torch.tensor([1.0, -1.0, 1.0, -1.0])),
        [A],
    ),
    "margin_ranking": (
        lambda torch, a, b: torch.nn.functional.margin_ranking_loss(
            a, b, torch.tensor([[1.0, -1.0, 1.0, -1.0]]), margin=0.2
        ),
        [A, B],
    ),
    "ctc": (
        lambda torch, a: torch.nn.functional.ctc_loss(
            a.log_softmax(2), torch.tensor([[1, 2, 2], [3, 0, 0], [0, 0, 0]]), torch.tensor([7, 5, 3]),
            torch.tensor([3, 1, 0]),
        ),
        [FRAMES],
    ),
    "ctc_sum": (
        lambda torch, a: torch.nn.functional.ctc_loss(
            a.log_softmax(2), torch.tensor([0, 1, 1, 2, 0]), torch.tensor([7, 6, 2]), torch.tensor([2, 2, 1]), blank=3,
            reduction="sum",
        ),
        [FRAMES],
    ),
    "triplet": (lambda torch, a, b: torch.nn.functional.triplet_margin_loss(a, b, a * b), [A, B]),
    "subtract": (lambda torch, a, b: a - b[0], [A, B]),
    "divide": (lambda torch, a, b: a / b, [A, P]),
    "negative": (lambda torch, a: -a, [A]),
    "minimum": (lambda torch, a, b: torch.minimum(a, b), [A, B]),
    "inverse_sine": (lambda torch, a: (0.8 * a).asin() * (0.7 * a).acos() + a.atan(), [P - 0.5]),
    "logarithms": (lambda torch, a: a.log2() + a.log10(), [P]),
    "exp2": (lambda torch, a: a.exp2(), [A]),
    "rounding": (lambda torch, a: a.floor() + 2 * a.ceil() + 3 * a.round() + 4 * a.trunc() + a, [A]),
    "hardsigmoid": (_f("hardsigmoid"), [3 * A]),
    "cosine_similarity": (lambda torch, a, b: torch.nn.functional.cosine_similarity(a, b, dim=0), [A, B]),
    "linear": (lambda torch, a, w, b: torch.nn.functional.linear(a, w, b), [X, M.T.copy(), WEIGHTS]),
    "addmm": (lambda torch, a, b, c: torch.addmm(a, b, c), [WEIGHTS, A, M]),
    "bmm": (lambda torch, a, b: torch.bmm(a, b.transpose(1, 2)), [X, X[:, ::-1].copy()]),
    "broadcast_matmul": (lambda torch, a, b: a.unsqueeze(1) @ b.transpose(1, 2), [X, X[:, :2].copy()]),
    "dot": (lambda torch, a, b: torch.dot(a[0], b[1]), [A, B]),
    "outer": (lambda torch, a, b: torch.outer(a[0], b[1]), [A, B]),
    "einsum_diagonal": (lambda torch, a: torch.einsum("ii->i", a[:, :3]), [A]),
    "einsum_three": (lambda torch, a, b, c: torch.einsum("ij,kj,jl->ikl", a, b, c), [A, B, M]),
    "product_of_all": (lambda torch, a: a.prod(), [P]),
    "max_of_all": (lambda torch, a: a.max(), [A]),
    "min": (lambda torch, a: a.min(0).values, [A]),
    "amin": (lambda torch, a: a.amin(0), [A]),
    "logsumexp_of_two": (lambda torch, a: a.logsumexp((0, 2)), [X]),
    "norm_1": (lambda torch, a: a.norm(1), [A]),
    "flatten": (lambda torch, a: a.flatten(1), [X]),
    "unbind": (lambda torch, a: a.unbind(1)[2] * 2, [A]),
    "narrow": (lambda torch, a: a.narrow(1, 1, 2), [A]),
    "view_of_view": (lambda torch, a: a.transpose(1, 2)[:, 1:].reshape(2, -1), [X]),
    "index_add": (lambda torch, a, b: a.index_add(0, torch.tensor([2, 0, 2]), b), [A, B]),
    "masked_select": (lambda torch, a: a.masked_select(a < 0.3), [A]),
    "where_number": (lambda torch, a: torch.where(a > 0, a, torch.zeros_like(a)), [A]),
    "adaptive_avg_pool1d": (_f("adaptive_avg_pool1d", 3), [X]),
    "batch_norm_fixed": (
        lambda torch, a, m, v: torch.nn.functional.batch_norm(a, m.detach(), v.detach(), training=False),
        [IMAGES, A[0].copy(), P[0].copy()],
    ),
    "attention_causal": (
        lambda torch, a, b: torch.nn.functional.scaled_dot_product_attention(a, b, b, is_causal=True), [X, 2 * X],
    ),
    "in_place_view": (_written_through_a_view, [A, B]),
    "clone_and_detach": (lambda torch, a: a.clone() * a.detach(), [A]),
    **{
        f"{name}_{reduction}": (_f(name, reduction=reduction), arrays)
        for name, arrays in (
            ("mse_loss", [A, B]), ("l1_loss", [A, B]), ("huber_loss", [A, 2 * B]), ("smooth_l1_loss", [A, 2 * B]),
            ("cross_entropy", [M, LABELS]), ("nll_loss", [M, LABELS]),
        )
        for reduction in ("none", "sum")
    },
    "nll_weighted": (
        lambda torch, a, i, w: torch.nn.functional.nll_loss(a, i, weight=w.detach(), ignore_index=0),
        [M, LABELS, WEIGHTS],
    ),
    "bce_logits_positive": (
        lambda torch, a, w: torch.nn.functional.binary_cross_entropy_with_logits(
            a, (a > 0).to(a.dtype), pos_weight=w.detach()[:4], reduction="sum"
        ),
        [A, WEIGHTS],
    ),
    "kl_div_log": (
        lambda torch, a, b: torch.nn.functional.kl_div(
            a.log_softmax(1), b.log_softmax(1), reduction="sum", log_target=True
        ),
        [A, B],
    ),
    "everything_ignored": (
        lambda torch, a: torch.nn.functional.cross_entropy(a, torch.tensor([-100] * 4), reduction="sum") + a.sum(), [M],
    ),
}

#: Inputs whose derivative the case cuts off, by operation.
CONSTANT = {
    "cross_entropy_weighted": {2}, "nll_weighted": {2}, "bce_logits": {1}, "bce": {1}, "bce_logits_positive": {1},
    "batch_norm_fixed": {1, 2},
}  # fmt: skip
#: Operations whose derivative cannot be differentiated again, here as in PyTorch.
FIRST_ORDER = {"ctc", "ctc_sum"}


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


COMPARISONS = {
    "less": lambda torch, a, b: a < b,
    "less_equal": lambda torch, a, b: a <= b.clamp(max=0),
    "greater": lambda torch, a, b: a > b[0],
    "greater_equal": lambda torch, a, b: a >= 0.5,
    "equal": lambda torch, a, b: a.round() == b.round(),
    "not_equal": lambda torch, a, b: a.round() != b.round(),
    "logic": lambda torch, a, b: ((a > 0) & (b > 0)) | ~(a > 1),
    "logical": lambda torch, a, b: torch.logical_xor(a.round(), b.round()),
    "finite": lambda torch, a, b: torch.isfinite(a / b.round()) & ~torch.isnan(a),
    "all": lambda torch, a, b: (a < b).all(1),
    "any": lambda torch, a, b: (a < b).any(0, keepdim=True),
    "argmax": lambda torch, a, b: a.argmax(1),
    "argmin": lambda torch, a, b: a.argmin(),
    "argsort": lambda torch, a, b: a.argsort(0, descending=True),
    "topk": lambda torch, a, b: a.topk(2, 1, largest=False).indices,
    "nonzero": lambda torch, a, b: (a > b).nonzero(),
    "one_hot": lambda torch, a, b: torch.nn.functional.one_hot(a.argmax(1), 5),
    "floor_divide": lambda torch, a, b: (10 * a).long() // 3,
    "integer_remainder": lambda torch, a, b: (10 * a).long() % 4,
    "integer_matmul": lambda torch, a, b: (10 * a).long() @ (10 * b).long().t(),
    "integer_sum": lambda torch, a, b: (a > 0).sum(0),
    "mixed_types": lambda torch, a, b: (10 * a).int() + a.float(),
    "integer_division": lambda torch, a, b: (10 * a).int() / 4,
    "bytes": lambda torch, a, b: (10 * a.abs()).to(torch.uint8) * 30,
    "arange": lambda torch, a, b: torch.arange(2, 9, 3),
    "linspace": lambda torch, a, b: torch.linspace(-1, 2, 7),
}


def comparison(torch, name):
    """Results without derivatives: comparisons, logic, indices, integers."""
    return {"result": COMPARISONS[name](torch, torch.tensor(A), torch.tensor(B)).numpy()}


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
    "nadam": ("NAdam", dict(lr=0.01)),
    "nadam_decoupled": ("NAdam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True)),
    "asgd": ("ASGD", dict(lr=0.05, t0=5, weight_decay=0.01)),
    "radam_decay": ("RAdam", dict(lr=0.01, weight_decay=0.1)),
    "adam_maximize": ("Adam", dict(lr=0.01, maximize=True)),
    "adamw_amsgrad": ("AdamW", dict(lr=0.01, amsgrad=True, betas=(0.8, 0.9), eps=1e-6)),
    "adagrad_start": ("Adagrad", dict(lr=0.1, initial_accumulator_value=0.3, weight_decay=0.1)),
    "adadelta_decay": ("Adadelta", dict(lr=0.5, rho=0.8, weight_decay=0.1)),
    "adamax_decay": ("Adamax", dict(lr=0.01, weight_decay=0.1)),
    "rprop_settings": ("Rprop", dict(lr=0.02, etas=(0.4, 1.3), step_sizes=(1e-5, 0.1))),
    "lbfgs": ("LBFGS", dict(lr=0.5, max_iter=4, history_size=3)),
    "lbfgs_wolfe": ("LBFGS", dict(max_iter=5, history_size=4, line_search_fn="strong_wolfe")),
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

    def evaluate():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        return value

    for _ in range(8 if kind == "LBFGS" else 30):
        if kind == "LBFGS":
            losses.append(optimizer.step(evaluate).item())
        else:
            losses.append(evaluate().item())
            optimizer.step()
    final = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    return {"losses": np.array(losses), "parameters": final}


INITIALIZERS = {
    "uniform": ("uniform_", dict(a=-2.0, b=3.0)),
    "normal": ("normal_", dict(mean=1.0, std=0.5)),
    "constant": ("constant_", dict(val=0.3)),
    "zeros": ("zeros_", {}),
    "ones": ("ones_", {}),
    "eye": ("eye_", {}),
    "xavier_uniform": ("xavier_uniform_", dict(gain=1.5)),
    "xavier_normal": ("xavier_normal_", {}),
    "kaiming_uniform": ("kaiming_uniform_", dict(a=0.2, mode="fan_out")),
    "kaiming_normal": ("kaiming_normal_", dict(nonlinearity="relu")),
    "trunc_normal": ("trunc_normal_", dict(mean=0.5, std=2.0, a=-1.0, b=1.0)),
    "orthogonal": ("orthogonal_", dict(gain=2.0)),
    "dirac": ("dirac_", {}),
    "sparse": ("sparse_", dict(sparsity=0.4, std=0.1)),
}


def initializer(torch, name):
    """A tensor of (7, 5), or (7, 5, 3), filled under seed 13."""
    torch.manual_seed(13)
    function, settings = INITIALIZERS[name]
    tensor = torch.zeros(7, 5, 3) if name == "dirac" else torch.zeros(7, 5)
    getattr(torch.nn.init, function)(tensor, **settings)
    return {"values": tensor.numpy()}


LAYERS = {
    "linear": (lambda nn: nn.Linear(4, 3), [A]),
    "linear_plain": (lambda nn: nn.Linear(4, 3, bias=False), [A]),
    "bilinear": (lambda nn: nn.Bilinear(4, 4, 3), [A, B]),
    "embedding": (lambda nn: nn.Embedding(5, 3, padding_idx=1), [PLACES]),
    "conv1d": (lambda nn: nn.Conv1d(3, 4, 3, padding="same", dilation=2), [X]),
    "conv2d": (lambda nn: nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2), [IMAGES]),
    "batch_norm1d": (lambda nn: nn.BatchNorm1d(4), [A]),
    "batch_norm1d_steps": (lambda nn: nn.BatchNorm1d(3, momentum=None), [X]),
    "batch_norm2d": (lambda nn: nn.BatchNorm2d(4, momentum=0.3), [IMAGES]),
    "batch_norm2d_plain": (lambda nn: nn.BatchNorm2d(4, affine=False, track_running_stats=False), [IMAGES]),
    "layer_norm": (lambda nn: nn.LayerNorm([3, 4]), [X]),
    "group_norm": (lambda nn: nn.GroupNorm(2, 4), [IMAGES]),
    "rms_norm": (lambda nn: nn.RMSNorm(4), [X]),
    "prelu": (lambda nn: nn.PReLU(3), [X]),
    "max_pool2d": (lambda nn: nn.MaxPool2d(2, ceil_mode=True), [IMAGES]),
    "avg_pool1d": (lambda nn: nn.AvgPool1d(2), [X]),
    "adaptive": (lambda nn: nn.AdaptiveAvgPool2d((2, 2)), [IMAGES]),
    "flatten": (lambda nn: nn.Flatten(1, 2), [IMAGES]),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, 2)), [IMAGES]),
    "dropout": (lambda nn: nn.Dropout(0.4), [A]),
    "dropout2d": (lambda nn: nn.Dropout2d(0.5), [IMAGES]),
    "activations": (
        lambda nn: nn.Sequential(
            nn.GELU(), nn.SiLU(), nn.ELU(0.7), nn.Softplus(), nn.LeakyReLU(0.1), nn.Hardtanh(-1, 2), nn.Mish(), nn.CELU(),
            nn.SELU(), nn.Softsign(), nn.Tanhshrink(), nn.LogSigmoid(), nn.Hardswish(), nn.Hardsigmoid(), nn.ReLU6(),
            nn.Softmax(1), nn.LogSoftmax(0), nn.Tanh(), nn.Sigmoid(), nn.ReLU(), nn.Identity(),
        ),
        [3 * A],
    ),
    "chain": (lambda nn: nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2), nn.Sigmoid()), [A]),
}


def layer(torch, name):
    """A layer's result in training and then in evaluation, gradients of inputs and parameters, and its state."""
    make, arrays = LAYERS[name]
    torch.manual_seed(8)
    module = make(torch.nn).double()
    inputs = [torch.tensor(a) for a in arrays]
    for tensor in inputs:
        if tensor.is_floating_point():
            tensor.requires_grad_()
    result = module(*inputs)
    weights = torch.tensor(np.cos(np.arange(result.numel())).reshape(tuple(result.shape)))
    (result * weights).sum().backward()
    found = {"result": result.detach().numpy()}
    for index, tensor in enumerate(inputs):
        if tensor.is_floating_point():
            found[f"gradient{index}"] = tensor.grad.numpy()
    for key, parameter in module.named_parameters():
        found[f"gradient_{key}"] = parameter.grad.numpy()
    for key, buffer in module.named_buffers():
        found[f"buffer_{key}"] = buffer.numpy().copy()
    module.eval()
    found["evaluated"] = module(*inputs).detach().numpy()
    return found


LOSSES = {
    "MSELoss": ({}, [A, B]),
    "L1Loss": (dict(reduction="sum"), [A, B]),
    "HuberLoss": (dict(delta=0.4), [A, B]),
    "SmoothL1Loss": (dict(beta=0.7), [A, B]),
    "CrossEntropyLoss": (dict(label_smoothing=0.1), [M, LABELS]),
    "NLLLoss": (dict(ignore_index=2), [M, LABELS]),
    "BCELoss": ({}, [P / 2, (A > 0).astype(float)]),
    "BCEWithLogitsLoss": (dict(reduction="none"), [A, (B > 0).astype(float)]),
    "KLDivLoss": (dict(reduction="batchmean"), [A, P]),
    "HingeEmbeddingLoss": (dict(margin=0.5), [A, np.sign(B)]),
    "CosineEmbeddingLoss": (dict(margin=0.2), [A, B, np.array([1, -1, -1])]),
    "MarginRankingLoss": (dict(margin=0.3), [A, B, np.sign(P - 0.7)]),
    "TripletMarginLoss": (dict(margin=0.8, p=3.0), [A, B, -A]),
    "CTCLoss": (
        dict(blank=1, zero_infinity=True),
        [FRAMES, np.array([[0, 2, 2], [3, 0, 0], [2, 2, 2]]), np.array([7, 5, 3]), np.array([3, 1, 3])],
    ),
}


def loss(torch, name):
    """A loss module's value and the gradient of its first input."""
    settings, arrays = LOSSES[name]
    module = getattr(torch.nn, name)(**settings)
    first, *others = (torch.tensor(a) for a in arrays)
    first.requires_grad_()
    result = module(first.log_softmax(2) if name == "CTCLoss" else first, *others)
    result.sum().backward()
    return {"result": result.detach().numpy(), "gradient": first.grad.numpy()}


MODULES = {
    "linear": lambda nn: nn.Linear(7, 5),
    "conv2d": lambda nn: nn.Conv2d(3, 8, 3),
    "conv1d_groups": lambda nn: nn.Conv1d(4, 6, 5, groups=2),
    "embedding": lambda nn: nn.Embedding(11, 7, padding_idx=2),
    "bilinear": lambda nn: nn.Bilinear(3, 4, 5),
    "lstm": lambda nn: nn.LSTM(5, 6, num_layers=2, bidirectional=True),
    "gru": lambda nn: nn.GRU(4, 5),
    "rnn": lambda nn: nn.RNN(4, 5, nonlinearity="relu", bias=False),
    "rnn_cell": lambda nn: nn.RNNCell(3, 4),
    "lstm_cell": lambda nn: nn.LSTMCell(3, 4),
    "gru_cell": lambda nn: nn.GRUCell(3, 4, bias=False),
    "norms": lambda nn: nn.Sequential(
        nn.BatchNorm1d(3), nn.BatchNorm2d(2), nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.RMSNorm(3), nn.PReLU(2)
    ),
    "script": lambda nn: nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1)),
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


CELLS = {"RNNCell": 1, "LSTMCell": 2, "GRUCell": 1}


def cell(torch, name):
    """Three steps of a cell, and the gradients of input and weights."""
    torch.manual_seed(6)
    layer = getattr(torch.nn, name)(4, 5).double()
    x = torch.tensor(np.random.default_rng(2).standard_normal((3, 2, 4))).requires_grad_()
    state = None
    for step in range(3):
        state = layer(x[step], state)
    last = state[0] if CELLS[name] == 2 else state
    (last * last).sum().backward()
    return {
        "hidden": last.detach().numpy(),
        "input_gradient": x.grad.numpy(),
        "weight_gradient": layer.weight_hh.grad.numpy(),
        "bias_gradient": layer.bias_ih.grad.numpy(),
    }


PACKED = {f"{kind}_{form}": (kind, form == "both") for kind in ("RNN", "LSTM", "GRU") for form in ("one", "both")}


def packed(torch, name):
    """A batch of sequences of different lengths, in no order."""
    kind, both = PACKED[name]
    torch.manual_seed(7)
    layer = getattr(torch.nn, kind)(3, 4, bidirectional=both).double()
    x = torch.tensor(np.random.default_rng(3).standard_normal((5, 4, 3))).requires_grad_()
    rnn = torch.nn.utils.rnn
    sequences = rnn.pack_padded_sequence(x, torch.tensor([2, 5, 1, 4]), enforce_sorted=False)
    output, state = layer(sequences)
    padded, lengths = rnn.pad_packed_sequence(output)
    hidden = state[0] if kind == "LSTM" else state
    ((padded * padded).sum() + hidden.sum()).backward()
    return {
        "output": padded.detach().numpy(),
        "lengths": lengths.numpy(),
        "hidden": hidden.detach().numpy(),
        "input_gradient": x.grad.numpy(),
        "weight_gradient": layer.weight_hh_l0.grad.numpy(),
    }


SCHEDULES = {
    "step": ("StepLR", dict(step_size=3, gamma=0.5)),
    "multistep": ("MultiStepLR", dict(milestones=[2, 5, 5], gamma=0.3)),
    "exponential": ("ExponentialLR", dict(gamma=0.9)),
    "constant": ("ConstantLR", dict(factor=0.25, total_iters=4)),
    "linear": ("LinearLR", dict(start_factor=0.1, total_iters=6)),
    "polynomial": ("PolynomialLR", dict(total_iters=8, power=2.0)),
    "cosine": ("CosineAnnealingLR", dict(T_max=5, eta_min=0.01)),
    "restarts": ("CosineAnnealingWarmRestarts", dict(T_0=3, T_mult=2, eta_min=0.01)),
    "one_cycle": ("OneCycleLR", dict(max_lr=0.5, total_steps=13, cycle_momentum=False)),
    "plateau": ("ReduceLROnPlateau", dict(factor=0.5, patience=1, cooldown=1)),
    "one_cycle_linear": (
        "OneCycleLR", dict(max_lr=0.5, total_steps=13, anneal_strategy="linear", div_factor=10, cycle_momentum=False)
    ),
    "plateau_max": (
        "ReduceLROnPlateau", dict(mode="max", factor=0.3, patience=2, threshold=0.05, threshold_mode="abs", min_lr=0.01)
    ),
}
METRICS = [1.0, 0.9, 0.95, 0.93, 0.92, 0.5, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4]


def schedule(torch, name):
    """The learning rate of 13 epochs."""
    kind, settings = SCHEDULES[name]
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.2)
    rates = getattr(torch.optim.lr_scheduler, kind)(optimizer, **settings)
    found = [optimizer.param_groups[0]["lr"]]
    for metric in METRICS:
        optimizer.step()
        rates.step(*([metric] if kind == "ReduceLROnPlateau" else []))
        found.append(optimizer.param_groups[0]["lr"])
    return {"rates": np.array(found)}


def _sampler(torch, kind, *arguments, **settings):
    """Two epochs of a sampler."""
    sampler = getattr(torch.utils.data, kind)(*arguments, **settings)
    return np.array([*sampler, *sampler])


def _sampled_loader(torch, **settings):
    """Two epochs of a loader over a sampler of the default generator."""
    data = torch.utils.data.TensorDataset(torch.arange(5))
    sampler = torch.utils.data.WeightedRandomSampler([0.1, 2.0, 0.0, 1.0, 0.4], 7)
    loader = torch.utils.data.DataLoader(data, batch_size=3, sampler=sampler, **settings)
    return np.concatenate([batch[0].numpy() for _ in range(2) for batch in loader])


def _loader_order(torch, **settings):
    data = torch.utils.data.TensorDataset(torch.arange(11))
    loader = torch.utils.data.DataLoader(data, batch_size=3, shuffle=True, **settings)
    return np.concatenate([batch[0].numpy() for _ in range(2) for batch in loader])


def _generator(torch, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return generator


RANDOM = {
    "randn": lambda torch: torch.randn(20).numpy(),
    "rand": lambda torch: torch.rand(20).numpy(),
    "randperm": lambda torch: torch.randperm(17).numpy(),
    "randint": lambda torch: torch.randint(0, 100, (20,)).numpy(),
    "bernoulli": lambda torch: torch.bernoulli(torch.full((40,), 0.3)).numpy(),
    "dropout": lambda torch: torch.nn.functional.dropout(torch.ones(50), 0.4).numpy(),
    "loader": _loader_order,
    "loader_generator": lambda torch: _loader_order(torch, generator=_generator(torch, 5)),
    "randperm_generator": lambda torch: torch.randperm(9, generator=_generator(torch, 5)).numpy(),
    "rand_generator": lambda torch: torch.rand(9, generator=_generator(torch, 5)).numpy(),
    "multinomial": lambda torch: torch.multinomial(torch.tensor(P), 30, replacement=True).numpy(),
    "multinomial_once": lambda torch: torch.multinomial(torch.tensor(P[0]), 3).numpy(),
    "sampler": lambda torch: _sampler(torch, "RandomSampler", range(7)),
    "sampler_rounds": lambda torch: _sampler(torch, "RandomSampler", range(4), num_samples=10),
    "sampler_generator": lambda torch: _sampler(
        torch, "RandomSampler", range(7), num_samples=7, generator=_generator(torch, 3)
    ),
    "sampler_replacement": lambda torch: _sampler(
        torch, "RandomSampler", range(9), replacement=True, num_samples=40, generator=_generator(torch, 3)
    ),
    "sampler_weighted": lambda torch: _sampler(torch, "WeightedRandomSampler", [0.1, 0.9, 0.4, 0.7, 3.0], 12),
    "sampler_weighted_once": lambda torch: _sampler(
        torch, "WeightedRandomSampler", [0.9, 0.4, 0.05, 0.2], 3, replacement=False, generator=_generator(torch, 3)
    ),
    "sampler_subset": lambda torch: _sampler(torch, "SubsetRandomSampler", [8, 1, 5, 9, 3]),
    "sampled_loader": _sampled_loader,
    "sampled_loader_generator": lambda torch: _sampled_loader(torch, drop_last=True, generator=_generator(torch, 4)),
    "random_split": lambda torch: np.array(
        torch.utils.data.random_split(range(10), [4, 6], generator=_generator(torch, 1))[0].indices
    ),
}


def random(torch, name):
    """Numbers from the default generator under seed 11, or from one of their own."""
    torch.manual_seed(11)
    return {"values": RANDOM[name](torch)}


GROUPS = {
    "operations": (OPERATIONS, operation),
    "comparisons": (COMPARISONS, comparison),
    "layers": (LAYERS, layer),
    "losses": (LOSSES, loss),
    "initializers": (INITIALIZERS, initializer),
    "trajectories": (OPTIMIZERS, trajectory),
    "initial_states": (MODULES, initial_state),
    "recurrent": (RECURRENT, recurrent),
    "cells": (CELLS, cell),
    "packed": (PACKED, packed),
    "schedules": (SCHEDULES, schedule),
    "random": (RANDOM, random),
}

"""Functions of tensors that layers and losses are made of, with PyTorch's names."""

from __future__ import annotations

from .._tensor import Tensor, apply, as_tensor


def _unary(name, doc, *names):
    """A function of one tensor in the library, with names of positional arguments."""
    code = name.encode()

    def call(input, *arguments, inplace=False, **values):
        values.update(zip(names, arguments, strict=False))
        return apply(code, input, **values)

    call.__name__ = name
    call.__doc__ = doc
    return call


relu = _unary("relu", "max(0, x).")
sigmoid = _unary("sigmoid", "1 / (1 + exp(-x)).")
tanh = _unary("tanh", "The hyperbolic tangent.")
silu = _unary("silu", "x sigmoid(x).")
mish = _unary("mish", "x tanh(softplus(x)).")
selu = _unary("selu", "Scaled exponential linear units: 1.0507 (x, or 1.6733 (exp(x) - 1) below 0).")
relu6 = _unary("relu6", "min(max(0, x), 6).")
softsign = _unary("softsign", "x / (1 + |x|).")
tanhshrink = _unary("tanhshrink", "x - tanh(x).")
logsigmoid = _unary("logsigmoid", "log(sigmoid(x)), without overflow.")
hardsigmoid = _unary("hardsigmoid", "x / 6 + 1 / 2, limited to [0, 1].")
hardswish = _unary("hardswish", "x hardsigmoid(x).")
gelu = _unary("gelu", 'x Phi(x) with the normal distribution; approximate="tanh" by a formula.', "approximate")
leaky_relu = _unary("leaky_relu", "x, or negative_slope x below 0 (0.01).", "negative_slope")
elu = _unary("elu", "x, or alpha (exp(x) - 1) below 0.", "alpha")
celu = _unary("celu", "x, or alpha (exp(x / alpha) - 1) below 0.", "alpha")
softplus = _unary("softplus", "log(1 + exp(beta x)) / beta; x itself where beta x exceeds threshold (20).", "beta", "threshold")
hardtanh = _unary("hardtanh", "x limited to [min_val, max_val], -1 and 1.", "min_val", "max_val")
threshold = _unary("threshold", "x where it exceeds threshold, else value.", "threshold", "value")
hardshrink = _unary("hardshrink", "x where |x| exceeds lambd (0.5), else 0.", "lambd")
softshrink = _unary("softshrink", "x drawn towards 0 by lambd (0.5).", "lambd")
normalize = _unary("normalize", "x divided by its p-norm (2) along dim (1), which counts at least eps.", "p", "dim", "eps")
one_hot = _unary("one_hot", "Class numbers as rows of 0 and 1, num_classes long (-1: as many as needed).", "num_classes")


def softmax(input, dim=-1, dtype=None):
    """exp(x) / sum of exp(x) along `dim`, without overflow."""
    return apply(b"softmax", input, dim=-1 if dim is None else dim)


def log_softmax(input, dim=-1, dtype=None):
    """The logarithm of :func:`softmax`, without overflow."""
    return apply(b"log_softmax", input, dim=-1 if dim is None else dim)


def linear(input, weight, bias=None):
    """input @ weight.T + bias, with a weight (out_features, in_features)."""
    return apply(b"linear", input, weight, bias)


def embedding(input, weight, padding_idx=None):
    """The rows of `weight` (entries, width) that the integers of `input` name; no gradient for `padding_idx`."""
    return apply(b"embedding", input, weight, padding_idx=padding_idx)


def dropout(input, p=0.5, training=True, inplace=False):
    """Zeroes elements with probability `p` and divides the others by 1 - p, while `training`."""
    return apply(b"dropout", input, p=float(p)) if training else input


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalises over the last dimensions, `normalized_shape`, to mean 0 and variance 1; then weight and bias."""
    return apply(b"layer_norm", input, weight, bias, normalized_shape=list(normalized_shape), eps=eps)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Divides by the root mean square over the last dimensions, `normalized_shape`; then weight."""
    return apply(b"rms_norm", input, weight, normalized_shape=list(normalized_shape), eps=eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalises every sample over groups of its channels (dimension 1); then weight and bias by channel."""
    return apply(b"group_norm", input, weight, bias, num_groups=num_groups, eps=eps)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Normalises every channel (dimension 1): by the batch while `training`, else by the running statistics.

    Training moves the running statistics towards the batch's by the share `momentum`.
    """
    return apply(
        b"batch_norm", input, running_mean, running_var, weight, bias, training=training, momentum=momentum, eps=eps
    )


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between `x1` and `x2` along `dim`; norms count at least `eps`."""
    return apply(b"cosine_similarity", x1, x2, dim=dim, eps=eps)


def pad(input, pad, mode="constant", value=None):
    """Adds to the ends of the last dimensions: `pad` is (left, right) of the last, then of the one before, and so on."""
    return apply(b"pad", input, pad=list(pad), mode=mode, value=None if value is None else float(value))


def _convolution(name, doc):
    code = name.encode()

    def call(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return apply(
            code, input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    call.__name__ = name
    call.__doc__ = doc
    return call


conv1d = _convolution("conv1d", "Cross-correlation of (n, channels, length) with (out, channels / groups, kernel) filters.")
conv2d = _convolution("conv2d", "Cross-correlation of (n, channels, rows, columns) with (out, channels / groups, k, k) filters.")


def _pool(name, doc, *names):
    code = name.encode()

    def call(input, kernel_size, stride=None, padding=0, *arguments, **values):
        values.update(zip(names, arguments, strict=False))
        return apply(code, input, kernel_size=kernel_size, stride=stride, padding=padding, **values)

    call.__name__ = name
    call.__doc__ = doc
    return call


_LARGEST, _MEAN = "The largest value in every window.", "The mean of every window."
max_pool1d, max_pool2d = (_pool(f"max_pool{n}d", _LARGEST, "dilation", "ceil_mode") for n in (1, 2))
avg_pool1d, avg_pool2d = (_pool(f"avg_pool{n}d", _MEAN, "ceil_mode", "count_include_pad") for n in (1, 2))


def adaptive_avg_pool1d(input, output_size):
    """Means over as many windows as `output_size` says."""
    return apply(b"adaptive_avg_pool1d", input, output_size=output_size)


def adaptive_avg_pool2d(input, output_size):
    """Means over as many windows as `output_size` (rows, columns) says."""
    return apply(b"adaptive_avg_pool2d", input, output_size=output_size)


# -- Losses


def mse_loss(input, target, reduction="mean"):
    """(input - target)², averaged ("mean"), summed ("sum") or as it is ("none")."""
    return apply(b"mse_loss", input, target, reduction=reduction)


def l1_loss(input, target, reduction="mean"):
    """|input - target|, reduced as in :func:`mse_loss`."""
    return apply(b"l1_loss", input, target, reduction=reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """Half the squared difference up to `delta`, beyond it delta (|difference| - delta / 2)."""
    return apply(b"huber_loss", input, target, reduction=reduction, delta=float(delta))


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """:func:`huber_loss` with delta `beta`, divided by it."""
    return apply(b"smooth_l1_loss", input, target, reduction=reduction, beta=float(beta))


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-log softmax(input) of the target classes.

    `input` holds logits (n, classes, ...), `target` class numbers (n, ...), int64, or probabilities of the shape of `input`.
    """
    return apply(
        b"cross_entropy", input, target, weight, ignore_index=ignore_index, reduction=reduction,
        label_smoothing=float(label_smoothing),
    )  # fmt: skip


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """-input of the target classes: `input` (n, classes) log-probabilities, `target` (n,) int64."""
    return apply(b"nll_loss", input, target, weight, ignore_index=ignore_index, reduction=reduction)


def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """-(target log(input) + (1 - target) log(1 - input)) of probabilities."""
    return apply(b"binary_cross_entropy", input, target, weight=weight, reduction=reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """:func:`binary_cross_entropy` of sigmoid(input), without overflow."""
    return apply(
        b"binary_cross_entropy_with_logits", input, target, weight=weight, reduction=reduction, pos_weight=pos_weight
    )


def kl_div(input, target, reduction="mean", log_target=False):
    """target (log(target) - input) for log-probabilities `input`; `log_target` says that target is logarithmic too."""
    return apply(b"kl_div", input, target, reduction=reduction, log_target=log_target)


def hinge_embedding_loss(input, target, margin=1.0, reduction="mean"):
    """input where target is 1, max(0, margin - input) where it is -1."""
    return apply(b"hinge_embedding_loss", input, target, margin=float(margin), reduction=reduction)


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """1 - cosine where target is 1, max(0, cosine - margin) where it is -1."""
    return apply(b"cosine_embedding_loss", input1, input2, target, margin=float(margin), reduction=reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """max(0, margin - target (input1 - input2)), target 1 or -1."""
    return apply(b"margin_ranking_loss", input1, input2, target, margin=float(margin), reduction=reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, reduction="mean"):
    """max(0, margin + |anchor - positive| - |anchor - negative|) with p-norms."""
    return apply(
        b"triplet_margin_loss", anchor, positive, negative, margin=float(margin), p=float(p), reduction=reduction
    )


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """-log of the probability that the frames spell the targets (Graves et al., 2006)."""
    return apply(
        b"ctc_loss", log_probs, as_tensor(targets), as_tensor(input_lengths), as_tensor(target_lengths), blank=blank,
        reduction=reduction, zero_infinity=zero_infinity,
    )  # fmt: skip


def masked_token_loss(logits, tokens, mask, normalization="batch"):
    """-1/|B| sum over batch and masked places of log p(token | the rest); "token" averages over the masked places."""
    return apply(b"masked_token_loss", logits, tokens, mask, normalization=normalization)


def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    """softmax(Q K^T / sqrt(d)) V; a bool mask keeps what is True, and a row without any gives zeros."""
    scores = query @ key.transpose(-2, -1) * (scale if scale is not None else query.shape[-1] ** -0.5)
    if is_causal:
        ones = apply(b"full", size=[query.shape[-2], key.shape[-2]], value=1.0)
        scores = scores.masked_fill(ones.tril() == 0, float("-inf"))
    if isinstance(attn_mask, Tensor):
        if attn_mask.is_floating_point():
            scores = scores + attn_mask
        else:
            scores = scores.masked_fill(~attn_mask, float("-inf"))
    return softmax(scores, -1) @ value

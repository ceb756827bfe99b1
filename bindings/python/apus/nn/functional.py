"""Functions of tensors that layers and losses are made of, with PyTorch's names."""

from __future__ import annotations

from .._tensor import Tensor, apply, as_tensor


def _unary(name, *names):
    code = name.encode()

    def call(input, *arguments, inplace=False, **values):
        values.update(zip(names, arguments, strict=False))
        return apply(code, input, **values)

    call.__name__ = name
    return call


relu, sigmoid, tanh = _unary("relu"), _unary("sigmoid"), _unary("tanh")
silu, mish, selu, relu6 = _unary("silu"), _unary("mish"), _unary("selu"), _unary("relu6")
softsign, tanhshrink, logsigmoid = _unary("softsign"), _unary("tanhshrink"), _unary("logsigmoid")
hardsigmoid, hardswish = _unary("hardsigmoid"), _unary("hardswish")
gelu = _unary("gelu", "approximate")
leaky_relu = _unary("leaky_relu", "negative_slope")
elu, celu = _unary("elu", "alpha"), _unary("celu", "alpha")
softplus = _unary("softplus", "beta", "threshold")
hardtanh = _unary("hardtanh", "min_val", "max_val")
threshold = _unary("threshold", "threshold", "value")
hardshrink, softshrink = _unary("hardshrink", "lambd"), _unary("softshrink", "lambd")
normalize = _unary("normalize", "p", "dim", "eps")
one_hot = _unary("one_hot", "num_classes")


def softmax(input, dim=-1, dtype=None):
    return apply(b"softmax", input, dim=-1 if dim is None else dim)


def log_softmax(input, dim=-1, dtype=None):
    return apply(b"log_softmax", input, dim=-1 if dim is None else dim)


def linear(input, weight, bias=None):
    return apply(b"linear", input, weight, bias)


def embedding(input, weight, padding_idx=None):
    return apply(b"embedding", input, weight, padding_idx=padding_idx)


def dropout(input, p=0.5, training=True, inplace=False):
    return apply(b"dropout", input, p=float(p)) if training else input


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    return apply(b"layer_norm", input, weight, bias, normalized_shape=list(normalized_shape), eps=eps)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    return apply(b"rms_norm", input, weight, normalized_shape=list(normalized_shape), eps=eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    return apply(b"group_norm", input, weight, bias, num_groups=num_groups, eps=eps)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    return apply(
        b"batch_norm", input, running_mean, running_var, weight, bias, training=training, momentum=momentum, eps=eps
    )


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    return apply(b"cosine_similarity", x1, x2, dim=dim, eps=eps)


def pad(input, pad, mode="constant", value=None):
    return apply(b"pad", input, pad=list(pad), mode=mode, value=None if value is None else float(value))


def _convolution(name):
    code = name.encode()

    def call(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return apply(
            code, input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    call.__name__ = name
    return call


conv1d, conv2d = _convolution("conv1d"), _convolution("conv2d")


def _pool(name, *names):
    code = name.encode()

    def call(input, kernel_size, stride=None, padding=0, *arguments, **values):
        values.update(zip(names, arguments, strict=False))
        return apply(code, input, kernel_size=kernel_size, stride=stride, padding=padding, **values)

    call.__name__ = name
    return call


max_pool1d, max_pool2d = (_pool(f"max_pool{n}d", "dilation", "ceil_mode") for n in (1, 2))
avg_pool1d, avg_pool2d = (_pool(f"avg_pool{n}d", "ceil_mode", "count_include_pad") for n in (1, 2))


def adaptive_avg_pool1d(input, output_size):
    return apply(b"adaptive_avg_pool1d", input, output_size=output_size)


def adaptive_avg_pool2d(input, output_size):
    return apply(b"adaptive_avg_pool2d", input, output_size=output_size)


# -- Losses


def mse_loss(input, target, reduction="mean"):
    return apply(b"mse_loss", input, target, reduction=reduction)


def l1_loss(input, target, reduction="mean"):
    return apply(b"l1_loss", input, target, reduction=reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    return apply(b"huber_loss", input, target, reduction=reduction, delta=float(delta))


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    return apply(b"smooth_l1_loss", input, target, reduction=reduction, beta=float(beta))


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return apply(
        b"cross_entropy", input, target, weight, ignore_index=ignore_index, reduction=reduction,
        label_smoothing=float(label_smoothing),
    )  # fmt: skip


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return apply(b"nll_loss", input, target, weight, ignore_index=ignore_index, reduction=reduction)


def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    return apply(b"binary_cross_entropy", input, target, weight=weight, reduction=reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    return apply(
        b"binary_cross_entropy_with_logits", input, target, weight=weight, reduction=reduction, pos_weight=pos_weight
    )


def kl_div(input, target, reduction="mean", log_target=False):
    return apply(b"kl_div", input, target, reduction=reduction, log_target=log_target)


def hinge_embedding_loss(input, target, margin=1.0, reduction="mean"):
    return apply(b"hinge_embedding_loss", input, target, margin=float(margin), reduction=reduction)


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
    return apply(b"cosine_embedding_loss", input1, input2, target, margin=float(margin), reduction=reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="mean"):
    return apply(b"margin_ranking_loss", input1, input2, target, margin=float(margin), reduction=reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, reduction="mean"):
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

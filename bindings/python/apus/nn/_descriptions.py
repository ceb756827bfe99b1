"""What the layers and losses of the library compute, for their documentation."""

from __future__ import annotations

import textwrap

#: Shapes as (batch, ...); n is the batch.
_TEXTS = {
    "Linear": "x Wᵀ + b: (..., in_features) to (..., out_features).",
    "Bilinear": "x₁ᵀ W x₂ + b for two inputs (..., in1_features) and (..., in2_features), to (..., out_features).",
    "Embedding": "Rows of a table by number: whole numbers (...) to (..., embedding_dim); padding_idx gets no gradient.",
    "Flatten": "One dimension in the place of start_dim (1) ... end_dim (-1).",
    "Unflatten": "Several dimensions, unflattened_size, in the place of dim.",
    "LayerNorm": "Mean 0 and variance 1 over the last dimensions, normalized_shape; then a weight and a bias.",
    "RMSNorm": "Divides by the root mean square over the last dimensions, normalized_shape; then a weight.",
    "GroupNorm": "Normalises every sample over num_groups groups of its channels; then a weight and a bias by channel.",
    "BatchNorm1d": "Normalises channels of (n, channels) or (n, channels, length): by the batch in training, else by running statistics.",
    "BatchNorm2d": "Normalises channels of (n, channels, rows, columns): by the batch in training, else by running statistics.",
    "Conv1d": "Cross-correlation with learned filters: (n, in_channels, length) to (n, out_channels, length').",
    "Conv2d": "Cross-correlation with learned filters: (n, in_channels, rows, columns) to (n, out_channels, rows', columns').",
    "MaxPool1d": "The largest value in every window of (n, channels, length).",
    "MaxPool2d": "The largest value in every window of (n, channels, rows, columns).",
    "AvgPool1d": "The mean of every window of (n, channels, length).",
    "AvgPool2d": "The mean of every window of (n, channels, rows, columns).",
    "AdaptiveAvgPool1d": "Means over as many windows as output_size says.",
    "AdaptiveAvgPool2d": "Means over as many windows as output_size (rows, columns) says.",
    "ReLU": "max(0, x).",
    "Sigmoid": "1 / (1 + exp(-x)).",
    "Tanh": "The hyperbolic tangent.",
    "SiLU": "x sigmoid(x).",
    "Mish": "x tanh(softplus(x)).",
    "Softsign": "x / (1 + |x|).",
    "Tanhshrink": "x - tanh(x).",
    "ReLU6": "min(max(0, x), 6).",
    "Hardsigmoid": "x / 6 + 1 / 2, limited to [0, 1].",
    "Hardswish": "x hardsigmoid(x).",
    "LogSigmoid": "log(sigmoid(x)), without overflow.",
    "SELU": "1.0507 x, or 1.0507 · 1.6733 (exp(x) - 1) below 0.",
    "GELU": 'x Φ(x) with the normal distribution; approximate="tanh" by a formula.',
    "LeakyReLU": "x, or negative_slope x below 0.",
    "ELU": "x, or alpha (exp(x) - 1) below 0.",
    "CELU": "x, or alpha (exp(x / alpha) - 1) below 0.",
    "Softplus": "log(1 + exp(beta x)) / beta; x itself where beta x exceeds threshold.",
    "Hardtanh": "x limited to [min_val, max_val].",
    "PReLU": "x, or a learned multiple of x below 0: one for all, or num_parameters for the channels.",
    "Softmax": "exp(x) / sum of exp(x) along dim.",
    "LogSoftmax": "The logarithm of softmax along dim, without overflow.",
    "Dropout": "In training zeroes elements with probability p and divides the others by 1 - p.",
    "Dropout2d": "In training zeroes whole channels with probability p and divides the others by 1 - p.",
    "MSELoss": "(input - target)².",
    "L1Loss": "|input - target|.",
    "HuberLoss": "Half the squared difference up to delta, beyond it delta (|difference| - delta / 2).",
    "SmoothL1Loss": "The Huber loss with delta = beta, divided by beta.",
    "CrossEntropyLoss": "-log softmax(input) of the target: input (n, classes), target (n,) class numbers or (n, classes) probabilities.",
    "NLLLoss": "-input of the target class: input (n, classes) log-probabilities, target (n,) class numbers.",
    "BCELoss": "-(target log(input) + (1 - target) log(1 - input)) of probabilities.",
    "BCEWithLogitsLoss": "The binary cross-entropy of sigmoid(input), without overflow.",
    "KLDivLoss": "target (log(target) - input) for log-probabilities input.",
    "HingeEmbeddingLoss": "input where target is 1, max(0, margin - input) where it is -1.",
    "CosineEmbeddingLoss": "1 - cosine of two inputs where target is 1, max(0, cosine - margin) where it is -1.",
    "MarginRankingLoss": "max(0, margin - target (input1 - input2)), target 1 or -1.",
    "TripletMarginLoss": "max(0, margin + |anchor - positive| - |anchor - negative|) with p-norms.",
    "CTCLoss": "-log of the probability that frames spell a label sequence (Graves et al. 2006).",
    "MaskedTokenLoss": "-log of the probability of masked tokens, normalised by sequences or masked tokens.",
    "RNN": "h' = f(W_ih x + b_ih + W_hh h + b_hh) over a sequence, f tanh or relu.",
    "LSTM": "Long short-term memory over a sequence (Hochreiter, Schmidhuber 1997).",
    "GRU": "Gated recurrent units over a sequence (Cho et al. 2014).",
    "RNNCell": "One step of an RNN: (input, state) to the next state.",
    "LSTMCell": "One step of an LSTM: (input, (h, c)) to the next (h, c).",
    "GRUCell": "One step of a GRU: (input, state) to the next state.",
}

_SEQUENCES = """Input (length, batch, input_size), or (batch, length, input_size) with batch_first; returns the outputs of all steps and the
final state. `lengths`, or a packed sequence, says where sequences end."""

_REDUCED = 'Averaged ("mean"), summed ("sum") or element by element ("none"), as `reduction` says.'


def documentation(kind: str, names: tuple[str, ...]) -> str:
    """The docstring of a layer or loss with parameters of these `names`."""
    parts = textwrap.wrap(_TEXTS[kind], 110)
    if kind in ("RNN", "LSTM", "GRU"):
        parts += ["", *_SEQUENCES.splitlines()]
    if "reduction" in names:
        parts += ["", _REDUCED]
    if names:
        parts += ["", *textwrap.wrap("Parameters, with PyTorch's meaning and defaults: " + ", ".join(names) + ".", 110)]
    return "\n".join(parts)

"""Sequences of different lengths, with the names of ``torch.nn.utils.rnn``."""

from __future__ import annotations

from ..._tensor import apply, as_tensor, int64, tensor
from .._layers import PackedSequence


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Padded sequences with their lengths, in any order and of length zero too (`enforce_sorted` means nothing here)."""
    lengths = as_tensor(lengths).to(int64)
    size, steps = input.shape[0 if batch_first else 1], input.shape[1 if batch_first else 0]
    found = lengths.tolist()
    if len(found) != size or any(not 0 <= n <= steps for n in found):
        raise RuntimeError(f"lengths {found} do not fit {size} sequences of at most {steps} steps")
    return PackedSequence.of(input, lengths, batch_first)


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """(padded, lengths): the inverse of :func:`pack_padded_sequence`."""
    padded, lengths = sequence.padded(False)
    longest = max(lengths.tolist(), default=0)
    steps = longest if total_length is None else total_length
    if steps < longest:
        raise ValueError(f"total_length {steps} is less than the longest sequence, {longest}")
    padded = padded[:longest]
    if steps > longest:
        extra = apply(b"full", size=[steps - longest, *padded.shape[1:]], value=0.0, dtype=padded.dtype)
        padded = apply(b"cat", padded, extra, dim=0)
    places = apply(b"arange", start=0.0, end=float(steps)).reshape(steps, 1, *[1] * (padded.ndim - 2))
    beyond = places >= lengths.reshape(1, -1, *[1] * (padded.ndim - 2))
    padded = padded.masked_fill(beyond, float(padding_value))
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Sequences of different lengths in one tensor, filled up with `padding_value`."""
    if padding_side not in ("left", "right"):
        raise ValueError(f"padding_side: {padding_side!r} is not 'left' or 'right'")
    longest = max(len(s) for s in sequences)
    rows = []
    for s in sequences:
        filler = apply(b"full", size=[longest - len(s), *s.shape[1:]], value=float(padding_value), dtype=s.dtype)
        rows.append(apply(b"cat", *((filler, s) if padding_side == "left" else (s, filler)), dim=0))
    return apply(b"stack", *rows, dim=0 if batch_first else 1)


def pack_sequence(sequences, enforce_sorted=True):
    """Sequences of different lengths, packed."""
    lengths = tensor([len(s) for s in sequences], dtype=int64)
    return pack_padded_sequence(pad_sequence(sequences), lengths)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The inverse of :func:`pad_sequence`."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(rows.unbind(0), as_tensor(lengths).tolist(), strict=True)]


__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "unpad_sequence",
]  # fmt: skip

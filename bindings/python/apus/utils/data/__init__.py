"""Data sets and batches with PyTorch's names, and PyTorch's order of shuffled samples for the same seed."""

from __future__ import annotations

import itertools
from ctypes import byref, c_char_p, c_int32, c_void_p

import numpy as np

from ... import _signatures as c
from ..._library import lib
from ..._tensor import Tensor, _raise, _wrap, apply, function, tensor

_read = function("apus_data_read", c_void_p, c_char_p)
_read_csv = function("apus_data_read_csv", c_void_p, c_void_p, c_char_p, c_int32, c_int32)


class Dataset:
    """Samples by index: subclasses define ``__getitem__`` and ``__len__``."""

    def __getitem__(self, index):
        raise NotImplementedError


class TensorDataset(Dataset):
    """Samples are the rows of tensors of equal length."""

    def __init__(self, *tensors):
        if any(len(t) != len(tensors[0]) for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(t[index] for t in self.tensors)

    def __len__(self):
        return len(self.tensors[0])


class Subset(Dataset):
    """Some samples of another set."""

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index):
        return self.dataset[self.indices[index]]

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=None):
    """Sets of the given lengths (or shares), drawn without replacement."""
    from ..._torch import randperm

    if sum(lengths) <= 1.0 + 1e-9 and any(isinstance(n, float) for n in lengths):
        sizes = [int(np.floor(len(dataset) * share)) for share in lengths]
        for i in range(len(dataset) - sum(sizes)):
            sizes[i % len(sizes)] += 1
        lengths = sizes
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = randperm(sum(lengths), generator=generator).tolist()
    ends = list(itertools.accumulate(lengths))
    return [Subset(dataset, order[end - n : end]) for end, n in zip(ends, lengths, strict=True)]


def default_collate(batch):
    """Samples stacked: tensors, numbers, arrays, and tuples, lists and dictionaries of them."""
    first = batch[0]
    if isinstance(first, Tensor):
        return apply(b"stack", *batch)
    if isinstance(first, np.ndarray):
        return tensor(np.stack(batch))
    if isinstance(first, float):
        return tensor(np.asarray(batch, dtype=np.float64))
    if isinstance(first, (int, np.generic)):
        return tensor(np.asarray(batch))
    if isinstance(first, dict):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        return [default_collate(list(column)) for column in zip(*batch, strict=True)]
    return batch


class DataLoader:
    """Batches of a data set. Batches of a :class:`TensorDataset` are gathered by the library."""

    def __init__(
        self, dataset, batch_size=1, shuffle=False, sampler=None, num_workers=0, collate_fn=None, pin_memory=False,
        drop_last=False, generator=None, **_,
    ):  # fmt: skip
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.shuffle, self.sampler, self.generator, self.collate_fn = shuffle, sampler, generator, collate_fn

    def __len__(self):
        n = len(self.sampler) if self.sampler is not None else len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def _order(self):
        from ..._torch import randperm

        if self.sampler is not None:
            return np.fromiter(self.sampler, dtype=np.int64)
        # One number is drawn for worker seeds, then one that seeds the order.
        _draw_seed(self.generator)
        if not self.shuffle:
            return None
        if self.generator is not None:
            order = randperm(len(self.dataset), generator=self.generator).numpy()
            # PyTorch's sampler draws once more at the end of an epoch, for a remainder that is empty.
            randperm(len(self.dataset), generator=self.generator)
            return order
        return apply(b"randperm", n=len(self.dataset), seed=_draw_seed(None)).numpy()

    def __iter__(self):
        order = self._order()
        n = len(self.dataset) if order is None else len(order)
        size = self.batch_size
        end = n - n % size if self.drop_last else n
        gathers = type(self.dataset) is TensorDataset and self.collate_fn is None
        for start in range(0, end, size):
            stop = min(start + size, n)
            if gathers and order is None:
                yield [apply(b"narrow", t, dim=0, start=start, length=stop - start) for t in self.dataset.tensors]
            elif gathers:
                places = tensor(order[start:stop])
                yield [apply(b"index_select", t, places, dim=0) for t in self.dataset.tensors]
            else:
                places = range(start, stop) if order is None else order[start:stop].tolist()
                yield (self.collate_fn or default_collate)([self.dataset[i] for i in places])


def read(path):
    """Numbers from a file by the ending of its name: .csv, .tsv, .npy, .idx and ubyte (MNIST), each also with .gz."""
    import os

    out = c_void_p()
    status = _read(byref(out), os.fspath(path).encode())
    if status:
        _raise(status)
    return _wrap(out.value)


def read_csv(path, delimiter=",", header=None):
    """(values, names) of a CSV file, float64 (rows, columns); `header` None finds out whether the first line names them."""
    import ctypes
    import os

    out, names = c_void_p(), c_void_p()
    status = _read_csv(
        byref(out), byref(names), os.fspath(path).encode(), ord(delimiter), -1 if header is None else int(bool(header))
    )
    if status:
        _raise(status)
    text = ctypes.cast(names, ctypes.POINTER(c.apus_text))
    found = lib.apus_text_data(text).decode()
    lib.apus_text_free(text)
    return _wrap(out.value), found.split("\n") if found else []


def _draw_seed(generator):
    return apply(b"random_int64", generator=None if generator is None else generator._state).item()

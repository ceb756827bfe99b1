"""Data sets and batches with PyTorch's names, and PyTorch's order of shuffled samples for the same seed."""

from __future__ import annotations

import itertools
import math
from ctypes import byref, c_char_p, c_int32, c_int64, c_void_p

import numpy as np

from ... import _signatures as c
from ..._library import lib
from ..._tensor import Tensor, _raise, _shared, _wrap, apply, as_tensor, function, options, tensor
from ..._tensor import float64

_read = function("apus_data_read", c_void_p, c_char_p)
_read_csv = function("apus_data_read_csv", c_void_p, c_void_p, c_char_p, c_int32, c_int32)
_create_sampler = function("apus_sampler_create", c_void_p, c_char_p, c_void_p, c_int64)
_indices = function("apus_sampler_indices", c_void_p, c_void_p)
_free_sampler = _shared.apus_sampler_free
_free_sampler.argtypes, _free_sampler.restype = (c_void_p,), None


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


#: Sets that random_split makes at most.
_MOST_PARTS = 1 << 20


def random_split(dataset, lengths, generator=None):
    """Sets of the given lengths (or shares), drawn without replacement."""
    from ..._torch import randperm

    if len(lengths) > _MOST_PARTS:
        raise ValueError(f"lengths: {len(lengths)} sets are more than the {_MOST_PARTS} allowed")
    lengths = list(lengths)
    for index, length in enumerate(lengths):
        if not length >= 0:
            raise ValueError(f"lengths: {length} at index {index} is not at least 0")
    if math.isclose(sum(lengths), 1.0) and any(isinstance(n, float) for n in lengths):
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


class Sampler:
    """The order in which samples are taken: subclasses define ``__iter__`` over indices, and ``__len__``."""

    def __iter__(self):
        raise NotImplementedError


class _LibrarySampler(Sampler):
    """A sampler that the library draws, epoch by epoch."""

    _handle = None

    def _make(self, count, generator=None, **settings):
        self._count = count
        array, length, _kept = options({**settings, "generator": None if generator is None else generator._state})
        out = c_void_p()
        status = _create_sampler(byref(out), type(self).__name__.encode(), array, length)
        if status:
            _raise(status)
        self._handle = out.value

    def _draw(self):
        """The next epoch's indices as a tensor."""
        out = c_void_p()
        status = _indices(byref(out), self._handle)
        if status:
            _raise(status)
        return _wrap(out.value)

    def __iter__(self):
        yield from self._draw().tolist()

    def __len__(self):
        return self._count

    def __del__(self):
        if self._handle is not None and _free_sampler is not None:
            _free_sampler(self._handle)


class SequentialSampler(Sampler):
    """The samples as they stand."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(_LibrarySampler):
    """Samples in random order: every one once, or with `replacement` each drawn independently of the others."""

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        n = len(data_source)
        self._make(
            n if num_samples is None else num_samples, generator, population=n, replacement=replacement,
            num_samples=num_samples,
        )  # fmt: skip

    @property
    def num_samples(self):
        return self._count


class WeightedRandomSampler(_LibrarySampler):
    """Samples drawn with probabilities proportional to `weights`."""

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        self.weights, self.num_samples = as_tensor(weights, float64), num_samples
        self.replacement, self.generator = replacement, generator
        self._make(num_samples, generator, weights=self.weights, num_samples=num_samples, replacement=replacement)


class SubsetRandomSampler(_LibrarySampler):
    """Some samples, each once, in random order."""

    def __init__(self, indices, generator=None):
        self.indices, self.generator = indices, generator
        chosen = np.asarray(indices, dtype=np.int64)
        self._make(len(chosen), generator, indices=tensor(chosen))


class BatchSampler(Sampler):
    """Lists of `batch_size` samples of another sampler's order."""

    def __init__(self, sampler, batch_size, drop_last=False):
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self):
        samples = iter(self.sampler)
        while batch := list(itertools.islice(samples, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self):
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


class DataLoader:
    """Batches of a data set. Batches of a :class:`TensorDataset` are gathered by the library.

    `sampler` decides on the order, `batch_sampler` on whole batches; `batch_size` None gives single samples.
    """

    def __init__(
        self, dataset, batch_size=1, shuffle=False, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
        pin_memory=False, drop_last=False, generator=None, **_,
    ):  # fmt: skip
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        self.dataset, self.generator, self.collate_fn = dataset, generator, collate_fn
        self.sampler = sampler
        if sampler is None and batch_sampler is None:
            self.sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.batch_sampler, self.drop_last = batch_sampler, drop_last
        self.batch_size = batch_size if type(batch_sampler) is BatchSampler else None

    def __len__(self):
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self):
        # One number is drawn for worker seeds, then what the sampler draws.
        _draw_seed(self.generator)
        gathers = type(self.dataset) is TensorDataset and self.collate_fn is None
        if self.batch_sampler is None:
            for i in self.sampler:
                yield self.dataset[i] if self.collate_fn is None else self.collate_fn(self.dataset[i])
        elif gathers and type(self.batch_sampler) is BatchSampler:
            yield from self._gathered(self.batch_sampler)
        else:
            for places in self.batch_sampler:
                yield (self.collate_fn or default_collate)([self.dataset[i] for i in places])

    def _gathered(self, batches):
        """Batches of a :class:`TensorDataset`: views where the order is the data's own, else gathered rows."""
        tensors, sampler, size = self.dataset.tensors, batches.sampler, batches.batch_size
        order = None
        if isinstance(sampler, _LibrarySampler):
            order = sampler._draw().numpy()
        elif type(sampler) is not SequentialSampler:
            order = np.fromiter(sampler, dtype=np.int64)
        n = len(self.dataset) if order is None else len(order)
        for start in range(0, n - n % size if batches.drop_last else n, size):
            stop = min(start + size, n)
            if order is None:
                yield [apply(b"narrow", t, dim=0, start=start, length=stop - start) for t in tensors]
            else:
                places = tensor(order[start:stop])
                yield [apply(b"index_select", t, places, dim=0) for t in tensors]


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

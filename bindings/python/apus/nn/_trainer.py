"""A training loop in the library."""

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_char_p, c_int64, c_void_p

import numpy as np

from .. import _arrays, _calls, _progress
from .. import _signatures as c
from .. import _tensor as t
from .._library import lib
from .._tensor import Tensor, _raise, _wrap, function
from ._containers import Sequential
from ._layers import LibraryLoss, LibraryModule

_create = function(
    "apus_trainer_create", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int64
)
_make_schedule = function("apus_schedule_create", c_void_p, c_char_p, c_void_p, c_void_p, c_int64)
_predict = function("apus_trainer_predict", c_void_p, c_void_p, c_void_p)
_free = t._shared.apus_trainer_free
_free.argtypes, _free.restype = (c_void_p,), None
_free_schedule = t._shared.apus_schedule_free
_free_schedule.argtypes, _free_schedule.restype = (c_void_p,), None
_TRAINER, _TENSOR = ctypes.POINTER(c.apus_trainer), ctypes.POINTER(c.apus_tensor)


class Trainer:
    """Trains a model of library layers without coming back to Python for every batch.

    ``Trainer(model, loss, optimizer, epochs=20, batch_size=64).fit(X, y, validation=(X_val, y_val))``

    Parameters
    ----------
    model : a layer or a :class:`Sequential` of layers
    loss : a loss module
    optimizer : an optimiser of the model's parameters
    schedule : (kind, settings) such as ("StepLR", {"step_size": 5}), stepped after every epoch
    epochs : int, per call of `fit`
    batch_size : int or None for all samples at once
    shuffle, drop_last : as in DataLoader; the same order for the same seed
    accumulation_steps : batches per step; exact for losses that average over tokens
    clip_norm, clip_value : limits on the gradients
    patience, min_delta : training ends when the validation loss (else the training loss) has not fallen by `min_delta`
        for `patience` epochs
    restore_best : whether `fit` ends with the parameters of the best epoch
    checkpoint : path of a checkpoint written every `checkpoint_interval` epochs
    metrics : names among "accuracy", "mae" and "mse"

    ``history`` has one dictionary per epoch. When `fit` is interrupted, or the loss is not finite, everything is as after
    the last complete epoch, and `fit` can go on.
    """

    def __init__(
        self, model, loss, optimizer, *, schedule=None, epochs=10, batch_size=32, shuffle=True, drop_last=False,
        accumulation_steps=1, clip_norm=None, clip_value=None, patience=None, min_delta=0.0, restore_best=False,
        checkpoint=None, checkpoint_interval=1, metrics=(),
    ):  # fmt: skip
        handle = model._library_chain() if isinstance(model, Sequential) else getattr(model, "_handle", None)
        if handle is None or not isinstance(model, (Sequential, LibraryModule)):
            raise TypeError("model: only layers of the library and Sequential of them without hooks can be trained in it")
        if not isinstance(loss, LibraryLoss):
            raise TypeError(f"loss: {type(loss).__name__} is no loss of apus.nn")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self._schedule = self._handle = None
        if schedule is not None:
            self._schedule = self._made_schedule(*((schedule, {}) if isinstance(schedule, str) else schedule))
        array, count, _kept = t.options({
            "epochs": epochs, "batch_size": 0 if batch_size is None else batch_size, "shuffle": bool(shuffle),
            "drop_last": bool(drop_last), "accumulation_steps": accumulation_steps,
            "clip_norm": None if clip_norm is None else float(clip_norm),
            "clip_value": None if clip_value is None else float(clip_value), "patience": patience,
            "min_delta": float(min_delta), "restore_best": bool(restore_best),
            "checkpoint": None if checkpoint is None else os.fspath(checkpoint),
            "checkpoint_interval": checkpoint_interval,
            "metrics": ",".join([metrics] if isinstance(metrics, str) else metrics),
        })  # fmt: skip
        out = c_void_p()
        status = _create(byref(out), handle, loss._handle, optimizer._handle, self._schedule, array, count)
        if status:
            _raise(status)
        self._handle = out.value

    def _made_schedule(self, kind, settings):
        array, count, _kept = t.options(settings)
        out = c_void_p()
        status = _make_schedule(byref(out), kind.encode(), self.optimizer._handle, array, count)
        if status:
            _raise(status)
        return out.value

    def __del__(self):
        if getattr(self, "_handle", None) is not None and _free is not None:
            _free(self._handle)
        if getattr(self, "_schedule", None) is not None and _free_schedule is not None:
            _free_schedule(self._schedule)

    def _typed(self):
        return ctypes.cast(self._handle, _TRAINER)

    def fit(self, X, y, validation=None, progress=None, cancel=None):
        """Trains on features and targets (tensors or arrays) and returns the history of this call."""
        tensors = [_tensor(X), _tensor(y), *(map(_tensor, validation) if validation is not None else (None, None))]
        handles = [None if x is None else ctypes.cast(x._handle, _TENSOR) for x in tensors]
        token = _calls.CancelToken() if cancel is None else cancel
        first = len(self.history)
        with _progress.reporter(progress) as report:
            _calls.interruptible(
                lambda callback: lib.apus_trainer_fit(self._typed(), *handles, token, callback, None), token, report
            )
        return self.history[first:]

    @property
    def history(self):
        """One dictionary per epoch; without validation data its numbers are NaN."""
        array, names = _arrays.new_handle(), ctypes.POINTER(c.apus_text)()
        lib.apus_trainer_history(byref(array), byref(names), self._typed())
        columns = lib.apus_text_data(names).decode().split("\n")
        lib.apus_text_free(names)
        rows = _arrays.owned(array)
        return [{**dict(zip(columns, row.tolist(), strict=True)), "epoch": int(row[0])} for row in rows]

    def evaluate(self, X, y):
        """The loss and the metrics on other data."""
        array = _arrays.new_handle()
        x, y = _tensor(X), _tensor(y)
        lib.apus_trainer_evaluate(
            byref(array), self._typed(), ctypes.cast(x._handle, _TENSOR), ctypes.cast(y._handle, _TENSOR)
        )
        return _arrays.owned(array).tolist()

    def predict(self, X):
        """The model's outputs in evaluation mode, without recording."""
        x, out = _tensor(X), c_void_p()
        status = _predict(byref(out), self._handle, x._handle)
        if status:
            _raise(status)
        return _wrap(out.value)

    def save(self, path):
        """Writes a checkpoint: parameters, optimiser, schedule, random state and history."""
        lib.apus_trainer_save(self._typed(), os.fspath(path).encode())

    def load(self, path):
        """Continues from a checkpoint of the same model, optimiser and metrics, bit by bit."""
        lib.apus_trainer_load(self._typed(), os.fspath(path).encode())


def _tensor(value):
    return value if isinstance(value, Tensor) else t.from_numpy(np.ascontiguousarray(value))

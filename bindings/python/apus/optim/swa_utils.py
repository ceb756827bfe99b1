"""Averages of weights over training, with the names of ``torch.optim.swa_utils``."""

from __future__ import annotations

import copy
import math

from .._library import lib
from ..nn._module import Module
from .lr_scheduler import LRScheduler


def get_ema_avg_fn(decay=0.999):
    """The exponential moving average: ``decay * average + (1 - decay) * current``."""
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")
    return lambda average, current, count: average + (current - average) * (1.0 - decay)


def get_swa_avg_fn():
    """The mean of all so far."""
    return lambda average, current, count: average + (current - average) / (count + 1)


get_ema_multi_avg_fn, get_swa_multi_avg_fn = get_ema_avg_fn, get_swa_avg_fn


class AveragedModel(Module):
    """A copy of a model whose parameters are averages; ``update_parameters(model)`` takes them in."""

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        self.module = copy.deepcopy(model)
        object.__setattr__(self, "_average", avg_fn or multi_avg_fn or get_swa_avg_fn())
        object.__setattr__(self, "_use_buffers", use_buffers)
        object.__setattr__(self, "n_averaged", 0)

    def forward(self, *inputs, **named):
        return self.module(*inputs, **named)

    def update_parameters(self, model):
        def tensors(m):
            return [*m.parameters(), *(m.buffers() if self._use_buffers else ())]

        before = lib.apus_grad_set_enabled(0)
        try:
            for own, other in zip(tensors(self.module), tensors(model), strict=True):
                new = other.detach()
                if self.n_averaged and own.is_floating_point():
                    new = self._average(own.detach(), new, self.n_averaged)
                own.copy_(new)
            if not self._use_buffers:
                for own, other in zip(self.module.buffers(), model.buffers(), strict=True):
                    own.copy_(other)
        finally:
            lib.apus_grad_set_enabled(before)
        object.__setattr__(self, "n_averaged", self.n_averaged + 1)


class SWALR(LRScheduler):
    """Anneals the rate to `swa_lr` in `anneal_epochs` steps and keeps it."""

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        self._targets = [swa_lr] * len(optimizer.param_groups)
        super().__init__(optimizer, last_epoch)

    def _share(self, step):
        if self.anneal_epochs == 0:
            return 1.0
        share = max(0.0, min(1.0, step / self.anneal_epochs))
        return share if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * share)) / 2

    def get_lr(self):
        before, now = self._share(self.last_epoch - 1), self._share(self.last_epoch)
        rates = []
        for rate, target in zip(self._rates(), self._targets, strict=True):
            start = target if before == 1 else (rate - before * target) / (1 - before)
            rates.append(target * now + start * (1 - now))
        return rates


def update_bn(loader, model, device=None):
    """Computes the running statistics of batch normalisation anew over the batches of `loader`."""
    layers = [m for m in model.modules() if "running_mean" in m._buffers and m._buffers["running_mean"] is not None]
    if not layers:
        return
    before, was_training = lib.apus_grad_set_enabled(0), model.training
    try:
        for layer in layers:
            layer._buffers["running_mean"].zero_()
            layer._buffers["running_var"].fill_(1.0)
        model.train()
        for batch in loader:
            model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    finally:
        lib.apus_grad_set_enabled(before)
        model.train(was_training)

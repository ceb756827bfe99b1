"""Bad input to tensors, networks, optimisers, the training loop and data files, for `test_bad_inputs`."""

from __future__ import annotations

import os
import tempfile

import numpy as np

import apus as torch
from apus import nn


def parameter(*shape):
    return nn.Parameter(torch.ones(*shape) if shape else torch.ones(1))


def used_twice():
    y = (parameter(3) * 2).exp().sum()
    y.backward()
    y.backward()


def changed_in_place():
    x = parameter(3).exp()
    y = x.exp().sum() + (x * x).sum()
    x.add_(1)
    y.backward()


def all_ignored():
    x = torch.randn(3, 4, requires_grad=True)
    loss = nn.CrossEntropyLoss()(x, torch.tensor([-100, -100, -100]))
    loss.backward()
    assert loss.item() == 0 and not x.grad.numpy().any()


def nothing_masked():
    x = torch.randn(2, 3, 4, requires_grad=True)
    mask = torch.zeros(2, 3, dtype=torch.bool)
    loss = nn.functional.masked_token_loss(x, torch.zeros(2, 3, dtype=torch.int64), mask, "token")
    loss.backward()
    assert loss.item() == 0 and not x.grad.numpy().any()


def attended_to_nothing():
    q = torch.randn(2, 3, requires_grad=True)
    mask = torch.tensor([[True, True], [False, False]])
    out = nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=mask)
    out.sum().backward()
    assert np.isfinite(q.grad.numpy()).all() and not out[1].detach().numpy().any()


def empty_sequences():
    layer = nn.LSTM(3, 4)
    output, _ = layer(torch.zeros(0, 2, 3))
    assert output.shape == (0, 2, 4)
    output, (h, _) = layer(torch.randn(5, 2, 3), None, [0, 0])
    assert not output.detach().numpy().any() and not h.detach().numpy().any()


def wrong_keys():
    state = nn.Linear(3, 2).state_dict()
    state["other"] = state.pop("bias")
    state["weight"] = torch.zeros(5, 5)
    try:
        nn.Linear(3, 2).load_state_dict(state)
    except RuntimeError as error:
        text = str(error)
        assert all(part in text for part in ('"bias"', '"other"', "size mismatch for weight")), text
        raise


def file_of(suffix, content):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "data" + suffix)
    with open(path, "wb") as stream:
        stream.write(content)
    return path


def trained(**settings):
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.pop("lr", 0.1))
    return nn.Trainer(model, nn.MSELoss(), optimizer, **settings)


X, Y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)

#: What is documented, and the call.
NETWORK_CASES = {
    "shapes that do not broadcast": ("RuntimeError | ValueError", lambda: torch.ones(2, 3) + torch.ones(4)),
    "shapes that do not multiply": ("RuntimeError | ValueError", lambda: torch.ones(2, 3) @ torch.ones(2, 3)),
    "features that do not fit": ("RuntimeError | ValueError", lambda: nn.Linear(3, 2)(torch.ones(4, 5))),
    "integers where floats are needed": ("TypeError | RuntimeError", lambda: nn.Linear(3, 2)(torch.ones(4, 3, dtype=torch.int64))),
    "gradients of integers": ("TypeError | RuntimeError", lambda: torch.ones(2, dtype=torch.int64).requires_grad_()),
    "target out of range": ("RuntimeError | ValueError | IndexError", lambda: nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, 3]))),
    "negative target": ("RuntimeError | ValueError | IndexError", lambda: nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, -1]))),
    "fractional targets": ("RuntimeError | ValueError | TypeError", lambda: nn.NLLLoss()(torch.ones(2, 3), torch.ones(2))),
    "everything ignored": ("nothing", all_ignored),
    "nothing masked": ("nothing", nothing_masked),
    "a row masked completely": ("nothing", attended_to_nothing),
    "sequences of length zero": ("nothing", empty_sequences),
    "lengths beyond the sequence": ("RuntimeError | ValueError", lambda: nn.GRU(3, 4)(torch.ones(2, 1, 3), None, [3])),
    "negative lengths": ("RuntimeError | ValueError", lambda: nn.GRU(3, 4)(torch.ones(2, 1, 3), None, [-1])),
    "a state of the wrong shape": ("RuntimeError | ValueError", lambda: nn.GRU(3, 4)(torch.ones(2, 1, 3), torch.ones(1, 1, 5))),
    "double input to a float layer": ("RuntimeError | TypeError", lambda: nn.GRU(3, 4)(torch.ones(2, 1, 3).double())),
    "a hidden size of zero": ("RuntimeError | ValueError", lambda: nn.LSTM(3, 0)),
    "a hidden size of 2^40": ("RuntimeError | ValueError | MemoryError | OverflowError", lambda: nn.LSTM(2**40, 2**40)),
    "backward twice": ("RuntimeError | ValueError", used_twice),
    "backward of a vector": ("RuntimeError | ValueError", lambda: (parameter(3) * 2).backward()),
    "a saved value changed in place": ("RuntimeError | ValueError", changed_in_place),
    "a leaf changed in place": ("RuntimeError | ValueError", lambda: parameter(3).add_(1)),
    "missing, unexpected and misshapen keys": ("RuntimeError", wrong_keys),
    "labels beyond the classes": ("RuntimeError | ValueError", lambda: nn.CTCLoss()(torch.zeros(4, 1, 3), torch.tensor([[5]]), [4], [1])),
    "more frames than there are": ("RuntimeError | ValueError", lambda: nn.CTCLoss()(torch.zeros(4, 1, 3), torch.tensor([[1]]), [9], [1])),
    "no parameters": ("ValueError", lambda: torch.optim.SGD([], lr=0.1)),
    "the same parameter twice": ("ValueError | RuntimeError", lambda: torch.optim.SGD([p := parameter(2), p], lr=0.1)),
    "a negative learning rate": ("ValueError | RuntimeError", lambda: torch.optim.Adam([parameter(2)], lr=-1.0)),
    "a learning rate of NaN": ("ValueError | RuntimeError", lambda: torch.optim.Adam([parameter(2)], lr=float("nan"))),
    "a beta of 1": ("ValueError | RuntimeError", lambda: torch.optim.Adam([parameter(2)], betas=(1.0, 0.9))),
    "Muon on a vector": ("ValueError | RuntimeError", lambda: torch.optim.Muon([parameter(2)])),
    "LBFGS without a closure": ("TypeError", lambda: torch.optim.LBFGS([parameter(2)]).step()),
    "a loss that becomes infinite": ("ArithmeticError", lambda: trained(lr=1e30, epochs=20, batch_size=2).fit(X, Y)),
    "features and targets of different length": ("ValueError | RuntimeError", lambda: trained().fit(X, Y[:3])),
    "no samples": ("ValueError | RuntimeError", lambda: trained().fit(X[:0], Y[:0])),
    "only half the validation data": ("ValueError | TypeError | RuntimeError", lambda: trained().fit(X, Y, validation=(X,))),
    "text as features": ("TypeError | ValueError", lambda: trained().fit(np.array([["a", "b"]]), Y[:1])),
    "a metric that is unknown": ("ValueError | RuntimeError", lambda: trained(metrics=["f1"])),
    "a schedule that is unknown": ("ValueError | RuntimeError", lambda: trained(schedule="NoLR")),
    "a checkpoint in no folder": ("OSError", lambda: trained().save("/nonexistent/state")),
    "a checkpoint that is no checkpoint": ("ValueError", lambda: trained().load(file_of(".safetensors", b"\x00" * 100))),
    "weights that are no safetensors": ("ValueError", lambda: nn.Linear(1, 1).load_safetensors(file_of(".bin", b"text"))),
    "a batch size of zero": ("ValueError", lambda: torch.utils.data.DataLoader([1], batch_size=0)),
    "a table with a short row": ("ValueError", lambda: torch.utils.data.read(file_of(".csv", b"1,2\n3\n"))),
    "an array file cut short": ("ValueError", lambda: torch.utils.data.read(file_of(".npy", b"\x93NUMPY\x01\x00"))),
    "an IDX file of 2^32 squared": ("ValueError | OverflowError", lambda: torch.utils.data.read(file_of(".idx", b"\0\0\x08\x02" + b"\xff" * 8))),
    "gzip that is damaged": ("ValueError", lambda: torch.utils.data.read(file_of(".csv.gz", b"\x1f\x8b\x08" + b"\0" * 40))),
    "a file of unknown kind": ("ValueError", lambda: torch.utils.data.read("table.xls")),
    "a file that is missing": ("OSError", lambda: torch.utils.data.read("/nonexistent/table.csv")),
}  # fmt: skip

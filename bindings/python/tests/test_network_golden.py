"""Operations, layers, losses, initialisers, optimisers, schedules and random streams against PyTorch's golden values, and the
derivatives of all operations against differences."""

import importlib.util
import pathlib

import numpy as np
import pytest

import apus

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "Tests" / "Golden" / "networks"


def _cases():
    specification = importlib.util.spec_from_file_location("network_cases", FOLDER / "cases.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


cases = _cases()
#: Initial weights have the same bits; the rest differs by the order of sums.
TOLERANCE = {
    "operations": 1e-11, "trajectories": 1e-12, "initial_states": 0.0, "recurrent": 1e-13, "cells": 1e-13,
    "packed": 1e-13, "schedules": 0.0, "random": 0.0, "comparisons": 0.0, "layers": 1e-12, "losses": 1e-12,
    "initializers": 0.0,
}  # fmt: skip
#: Line searches divide small differences of losses, which are known to few digits; PyTorch's derivative of hardsigmoid is
#: 1/6 in float32; an orthogonal matrix comes from another QR in float32.
SPECIAL = {"lbfgs_wolfe": 1e-8, "hardsigmoid": 1e-8, "orthogonal": 2e-6}


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, (entries, _) in cases.GROUPS.items() for name in entries]
)
def test_matches_pytorch(group, name):
    found = cases.GROUPS[group][1](apus, name)
    with np.load(FOLDER / f"{group}.npz") as golden:
        expected = {key.partition("/")[2]: golden[key] for key in golden.files if key.startswith(f"{name}/")}
    assert set(found) == set(expected)
    tolerance = SPECIAL.get(name, TOLERANCE[group])
    for part, value in expected.items():
        assert found[part].dtype == value.dtype
        np.testing.assert_allclose(found[part], value, rtol=tolerance, atol=tolerance, err_msg=part)


def _tensors(name, dtype):
    """The inputs of an operation's case, leaves where its derivative is asked for."""
    made = []
    for index, array in enumerate(cases.OPERATIONS[name][1]):
        floating = array.dtype == np.float64
        tensor = apus.tensor(array.astype(dtype) if floating else array)
        made.append(tensor.requires_grad_() if floating and index not in cases.CONSTANT.get(name, ()) else tensor)
    return made


def _weighted_sum(result):
    weights = np.cos(np.arange(result.numel())).reshape(tuple(result.shape))
    return (result * apus.tensor(weights.astype(result.detach().numpy().dtype))).sum()


@pytest.mark.parametrize("name", [name for name in cases.OPERATIONS if name != "clone_and_detach"])
def test_derivatives_agree_with_differences(name):
    """First derivatives of every operation, and second ones where the input is not large."""
    function, _ = cases.OPERATIONS[name]
    tensors = _tensors(name, np.float64)

    def evaluate(*inputs):
        return _weighted_sum(function(apus, *inputs))

    assert apus.autograd.gradcheck(evaluate, tensors)
    if name in cases.FIRST_ORDER:
        with pytest.raises(NotImplementedError, match="first derivatives only"):
            apus.autograd.gradgradcheck(evaluate, tensors)
    elif sum(t.numel() for t in tensors) < 150:
        assert apus.autograd.gradgradcheck(evaluate, tensors, atol=1e-4)


@pytest.mark.parametrize("name", list(cases.OPERATIONS))
def test_float32_agrees_with_float64(name):
    function, _ = cases.OPERATIONS[name]
    exact, short = _tensors(name, np.float64), _tensors(name, np.float32)
    results = [function(apus, *inputs) for inputs in (exact, short)]
    assert results[1].dtype is apus.float32
    for result in results:
        _weighted_sum(result).backward()
    np.testing.assert_allclose(results[1].detach().numpy(), results[0].detach().numpy(), rtol=1e-5, atol=1e-5)
    for a, b in zip(exact, short, strict=True):
        if a.grad is not None:
            assert b.grad.dtype is apus.float32
            np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=1e-5, atol=1e-5)

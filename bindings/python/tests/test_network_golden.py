"""Operations with gradients, optimiser trajectories, initial weights and recurrent layers against PyTorch's golden values."""

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
    "packed": 1e-13, "schedules": 0.0, "random": 0.0,
}  # fmt: skip
#: Line searches divide small differences of losses, which are known to few digits.
SPECIAL = {"lbfgs_wolfe": 1e-8}


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

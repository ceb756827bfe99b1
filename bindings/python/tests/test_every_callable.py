"""Every public function and class, and every function of the library, survives values that nobody expects."""

import json

import pytest
from every_callable import modules
from support import run_script

#: Exceptions that tell of a defect: of the library, of the interpreter's state, of a name that is nowhere.
DEFECTS = {"InternalError", "SystemError", "NameError", "UnboundLocalError", "AssertionError"}


@pytest.mark.parametrize("module", [*modules(), "library"])
def test_survives(module, tmp_path):
    run = run_script(
        f"import os; os.chdir({str(tmp_path)!r}); import every_callable; every_callable.drive({module!r})", timeout=300
    )
    events = [json.loads(line) for line in run.stdout.splitlines()]
    last = events[-1]["case"] if events else "the start"
    assert run.returncode == 0, f"the process ended with {run.returncode} at {last}\n{run.stderr[-2000:]}"
    defects = [event for event in events if event.get("raised") in DEFECTS]
    assert not defects


def test_nothing_is_missed():
    """What the matrix runs over has the names that people use."""
    from every_callable import callables

    expected = {
        "apus.stats": {"ttest_ind", "pearsonr", "bootstrap"},
        "apus.linalg": {"svd", "lstsq", "pinv"},
        "apus.nn": {"Linear", "Trainer"},
        "apus.nn.functional": {"cross_entropy", "relu"},
        "apus.linear_model": {"LinearRegression", "Ridge"},
        "apus.optim": {"Adam"},
        "apus.utils.data": {"DataLoader"},
        "apus": {"load"},
    }
    assert set(expected) <= set(modules())
    for module, names in expected.items():
        assert names <= set(callables(module)), module

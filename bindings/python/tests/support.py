"""What the tests share: every estimator class, data that suits it, and scripts run in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

from apus import _introspection
from apus import _signatures as c
from apus._classes import estimator_class

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent

CLASSES = [estimator_class(kind) for classes in _introspection.names().values() for kind in classes.values()]


def with_operation(name: str) -> list[type]:
    return [cls for cls in CLASSES if hasattr(cls, name)]


def with_role(role: int) -> list[type]:
    return [cls for cls in CLASSES if cls._kind.role == role]


CLASSIFIERS = with_role(c.APUS_ROLE_CLASSIFIER)
REGRESSORS = with_role(c.APUS_ROLE_REGRESSOR)


def class_name(cls) -> str:
    return cls.__name__


def quick(cls):
    """An estimator with its work reduced where a parameter allows it, and a fixed seed."""
    names = set(cls().get_params(deep=False))
    chosen = {"n_estimators": 5, "max_iter": 20, "n_epochs": 20, "random_state": 0}
    return cls(**{name: value for name, value in chosen.items() if name in names})


def data_for(cls, rows: int = 60, columns: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features and targets that a kind can learn from: separable classes, or a line with a little noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    if cls._kind.has(c.APUS_TRAIT_NON_NEGATIVE_INPUT):
        x = np.abs(x)
    if cls._kind.is_classifier:
        return x, (x[:, 0] > np.median(x[:, 0])).astype(np.int64)
    if cls._kind.role == c.APUS_ROLE_RANKER:
        return x, np.digitize(x[:, 0], [-0.5, 0.5]).astype(np.float64)
    y = x @ np.arange(1.0, columns + 1) + 0.01 * rng.normal(size=rows)
    return x, np.exp(y / 10) if cls._kind.has(c.APUS_TRAIT_POSITIVE_TARGETS) else y


def outputs(estimator, x) -> dict[str, np.ndarray]:
    """The results of every operation on features that the estimator's kind has."""
    names = ("predict", "predict_proba", "decision_function", "transform", "mahalanobis", "score_samples")
    return {name: np.asarray(getattr(estimator, name)(x)) for name in names if hasattr(estimator, name)}


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    """The same bits."""
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def run_script(script: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess:
    """Runs Python code in a new process that can import the package and this module; never raises for its outcome."""
    path = os.pathsep.join([str(PACKAGE_FOLDER), str(PACKAGE_FOLDER / "tests"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": path, **environment},
        # A shell starts its background jobs with interrupts ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def successful(script: str, timeout: float = 120, **environment: str) -> str:
    """What a script wrote to stdout; fails the test with its stderr when it did not end well."""
    run = run_script(script, timeout, **environment)
    assert run.returncode == 0, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout

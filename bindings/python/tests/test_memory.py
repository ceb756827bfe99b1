"""Nothing leaks, and running out of memory is an exception that changes nothing."""

import gc
import pickle

import numpy as np
import pytest
from support import CLASSES, assert_same, class_name, data_for, outputs, quick

import apus
from apus._library import lib

every_class = pytest.mark.parametrize("cls", CLASSES, ids=class_name)


def life(cls, x, y, path):
    """Everything an estimator can do."""
    estimator = quick(cls).fit(x, y)
    outputs(estimator, x)
    for attribute in cls._kind.attributes:
        getattr(estimator, attribute.name, None)
    if hasattr(estimator, "score"):
        estimator.score(x, y)
    pickle.loads(pickle.dumps(estimator)).fit(x, y)
    estimator.save(path)
    outputs(apus.load(path), x)
    for bad in (x[:, :2], np.full_like(x, np.nan)):
        for call in (lambda: estimator.fit(bad, y), lambda: outputs(estimator, bad)):
            try:
                call()
            except ValueError:
                pass


@every_class
def test_no_leaks(cls, tmp_path):
    x, y = data_for(cls)
    life(cls, x, y, tmp_path / "model")
    gc.collect()
    before = lib.apus_memory_live_blocks(), lib.apus_memory_live_bytes()
    for _ in range(5):
        life(cls, x, y, tmp_path / "model")
    gc.collect()
    assert (lib.apus_memory_live_blocks(), lib.apus_memory_live_bytes()) == before


@every_class
def test_every_allocation_may_fail(cls):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x, y)
    expected = outputs(estimator, x)
    gc.collect()
    before = lib.apus_memory_live_blocks()
    for call in (lambda: estimator.fit(x, y), lambda: outputs(estimator, x), lambda: pickle.dumps(estimator)):
        failures = 0
        while True:
            lib.apus_memory_fail_after(failures)
            try:
                call()
                break
            except MemoryError:
                failures += 1
            finally:
                lib.apus_memory_fail_after(-1)
        assert failures > 0
    assert_same(outputs(estimator, x), expected)
    gc.collect()
    assert lib.apus_memory_live_blocks() == before


def test_limit():
    cls = CLASSES[0]
    x, y = data_for(cls, rows=20000)
    estimator = quick(cls).fit(x, y)
    expected = outputs(estimator, x)
    try:
        lib.apus_memory_limit(lib.apus_memory_live_bytes() + 1000)
        with pytest.raises(MemoryError):
            estimator.fit(x, y)
    finally:
        lib.apus_memory_limit(-1)
    assert_same(outputs(estimator, x), expected)

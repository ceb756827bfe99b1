"""What the library costs, and how many processors it takes: each in a process of its own."""

import os

import pytest
from support import successful

from apus._library import lib


def test_loading_takes_at_most_50_ms():
    script = f"""
        import ctypes, time
        start = time.process_time()
        ctypes.CDLL({lib.path!r}).apus_version_string()
        print(time.process_time() - start)
    """
    # Processor time, as the machine may be busy with other things.
    assert min(float(successful(script)) for _ in range(5)) < 0.050


@pytest.mark.parametrize(
    ("estimator", "dtype", "rows", "columns"),
    [
        ("LinearRegression()", "float64", 100_000, 100),
        ("LinearRegression()", "float64", 20_000, 500),
        ("Ridge()", "float32", 200_000, 200),
    ],
)
def test_fits_take_less_than_a_tenth_of_the_input(estimator, dtype, rows, columns):
    share = successful(
        f"""
        import numpy as np
        from resource import RUSAGE_SELF, getrusage
        from apus.linear_model import LinearRegression, Ridge

        def data(rows):
            rng = np.random.default_rng(0)
            x = rng.random(({columns}, rows), dtype={dtype!r}).T.copy()
            return x, x[:, 0] + 1

        # Threads and their buffers exist before the measurement.
        x, y = data({columns} + 50)
        {estimator}.fit(x, y)
        x, y = data({rows})
        # The peak so far is that of making the data: as much is touched again, so that only what goes beyond counts.
        peak = getrusage(RUSAGE_SELF).ru_maxrss
        with open("/proc/self/statm") as file:
            spare = peak - int(file.read().split()[1]) * 4
        ballast = np.ones(max(spare, 0) * 128)
        peak = getrusage(RUSAGE_SELF).ru_maxrss
        {estimator}.fit(x, y)
        print((getrusage(RUSAGE_SELF).ru_maxrss - peak) * 1024 / x.nbytes)
        """
    )
    assert float(share) < 0.1


def thread_count(setup: str = "", **environment: str) -> int:
    return int(successful(f"import os\n{setup}\nimport apus\nprint(apus.get_num_threads())", **environment))


def test_threads_follow_the_affinity_mask():
    processors = sorted(os.sched_getaffinity(0))
    for count in {1, len(processors)}:
        assert thread_count(f"os.sched_setaffinity(0, {processors[:count]})", APUS_NUM_THREADS="") <= count


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("7", 7), ("256", 256), ("1000000", 256)])
def test_threads_follow_the_environment(text, count):
    assert thread_count(APUS_NUM_THREADS=text) == count


@pytest.mark.parametrize("text", ["", "0", "-3", "1.5", "many", "99999999999999999999999", "0x4", " 4"])
def test_what_is_no_number_of_threads_is_ignored(text):
    assert thread_count(APUS_NUM_THREADS=text) == thread_count(APUS_NUM_THREADS="")

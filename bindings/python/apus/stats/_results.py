"""What tests return: tuples as in scipy.stats, with everything else as attributes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ConfidenceInterval(NamedTuple):
    """Ends of an interval."""

    low: float
    high: float


class Result(tuple):
    """``statistic, pvalue = result``; everything else is an attribute.

    Attributes
    ----------
    statistic, pvalue, logpvalue : float or ndarray
        `logpvalue` is right where `pvalue` underflows.
    df, df_denominator : float or ndarray
        Degrees of freedom; NaN where there are none.
    effect_size, effect_name : float or ndarray, str
    estimate, estimate_name : float or ndarray, str
        What the confidence interval is for.
    extras : dict
        Further quantities, also as attributes.
    """

    def __new__(cls, values, rerun=None, **attributes):
        result = super().__new__(cls, values)
        result.__dict__.update(attributes)
        result._rerun = rerun
        return result

    def confidence_interval(
        self, confidence_level: float | None = None, method: str | None = None
    ) -> ConfidenceInterval:
        """The interval for the estimate or effect size, at the level the test was given (0.95) or another.

        Intervals that take time (of rank tests, of analysis of variance and of contingency tables) are computed here.
        """
        if method is not None:
            raise ValueError(f"method: {method!r} is not available, allowed is None")
        if self._rerun is None or (confidence_level is None and not np.all(np.isnan(self.interval))):
            return self.interval
        return self._rerun(0.95 if confidence_level is None else confidence_level).interval

    def __getattr__(self, name: str):
        extras = self.__dict__.get("extras", {})
        if name in extras:
            return extras[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self):
        attributes = {name: value for name, value in self.__dict__.items() if name != "_rerun"}
        return _restored, (type(self), tuple(self), attributes)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items() if name != "_rerun")
        return f"{type(self).__name__}({shown})"


def _restored(cls, values, attributes) -> Result:
    return cls(values, **attributes)


class TukeyResult:
    """All pairwise comparisons: matrices by group, as scipy.stats.tukey_hsd's result.

    Attributes
    ----------
    statistic : ndarray
        ``mean(i) - mean(j)``.
    pvalue : ndarray
    studentized_range : ndarray
        The statistic of the range distribution.
    """

    def __init__(self, rows: np.ndarray, groups: int, rerun):
        self.statistic, self.pvalue, self.studentized_range = (np.zeros((groups, groups)) for _ in range(3))
        np.fill_diagonal(self.pvalue, 1.0)
        self._rerun, self._rows, self._groups = rerun, rows, groups
        for i, j, difference, q, p, *_ in rows:
            i, j = int(i), int(j)
            self.statistic[i, j], self.statistic[j, i] = difference, -difference
            self.pvalue[i, j] = self.pvalue[j, i] = p
            self.studentized_range[i, j] = self.studentized_range[j, i] = q

    def confidence_interval(self, confidence_level: float = 0.95) -> ConfidenceInterval:
        """Simultaneous intervals for the differences: matrices `low` and `high`."""
        rows = self._rerun(confidence_level)
        low, high = (np.zeros((self._groups, self._groups)) for _ in range(2))
        for i, j, *_, lower, upper in rows:
            i, j = int(i), int(j)
            low[i, j], high[i, j], low[j, i], high[j, i] = lower, upper, -upper, -lower
        # A group and itself: the width of its own comparison is not defined by a pair.
        return ConfidenceInterval(low, high)

    def __iter__(self):
        """Rows of i, j, difference, studentized range, p-value, and the interval's ends, for i < j."""
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        lines = ["Tukey's HSD Pairwise Group Comparisons"]
        lines += [
            f"({int(i)} - {int(j)})  {difference:.3f}  p={p:.3g}  [{low:.3f}, {high:.3f}]"
            for i, j, difference, _, p, low, high in self._rows
        ]
        return "\n".join(lines)

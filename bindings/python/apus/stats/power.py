"""Power of tests and the sample sizes they need, under the names of statsmodels.stats.power."""

from __future__ import annotations

import math

from .. import _statistics

__all__ = ["FTestAnovaPower", "NormalIndPower", "TTestIndPower", "TTestPower", "proportion_effectsize"]


def _power(test: str, effect_size, nobs, alpha, settings: dict) -> float:
    """The probability of rejecting; `settings` are the test's own options."""
    sizes = {"effect_size": float(effect_size), "nobs": float(nobs), "alpha": float(alpha)}
    return float(_statistics.compute(f"power_{test}", [], **sizes, **settings))


def _solve(test: str, unknown: dict, settings: dict) -> float:
    """The one of `unknown` that is None."""
    missing = [key for key, value in unknown.items() if value is None]
    if len(missing) != 1:
        raise ValueError(f"{', '.join(unknown)}: exactly one must be None, got {len(missing)}")
    given = {_library_name(key): float(value) for key, value in unknown.items() if value is not None}
    return float(_statistics.compute(f"solve_{test}", [], solve=_library_name(missing[0]), **given, **settings))


def _library_name(key: str) -> str:
    return "nobs" if key == "nobs1" else key


def _alternative(name: str) -> str:
    return {"larger": "greater", "smaller": "less"}.get(name, name)


class TTestIndPower:
    """Two independent samples compared by a t test; the effect size is Cohen's d."""

    def power(self, effect_size, nobs1, alpha, ratio=1, df=None, alternative="two-sided") -> float:
        """The probability of rejecting, with `nobs1` and `nobs1 * ratio` observations."""
        return _power("ttest", effect_size, nobs1, alpha, self._settings(ratio, alternative))

    def solve_power(
        self, effect_size=None, nobs1=None, alpha=None, power=None, ratio=1.0, alternative="two-sided"
    ) -> float:
        """The one of effect_size, nobs1, alpha and power that is None."""
        unknown = {"effect_size": effect_size, "nobs1": nobs1, "alpha": alpha, "power": power}
        return _solve("ttest", unknown, self._settings(ratio, alternative))

    @staticmethod
    def _settings(ratio, alternative) -> dict:
        return {"ratio": float(ratio), "alternative": _alternative(alternative), "kind": "two_sample"}


class TTestPower:
    """One sample, or pairs, in a t test; the effect size is Cohen's d."""

    def power(self, effect_size, nobs, alpha, df=None, alternative="two-sided") -> float:
        """The probability of rejecting."""
        return _power("ttest", effect_size, nobs, alpha, self._settings(alternative))

    def solve_power(self, effect_size=None, nobs=None, alpha=None, power=None, alternative="two-sided") -> float:
        """The one of effect_size, nobs, alpha and power that is None."""
        unknown = {"effect_size": effect_size, "nobs": nobs, "alpha": alpha, "power": power}
        return _solve("ttest", unknown, self._settings(alternative))

    @staticmethod
    def _settings(alternative) -> dict:
        return {"alternative": _alternative(alternative), "kind": "one_sample"}


class NormalIndPower:
    """A z test of two independent proportions (Cohen's h) or means with known deviation; ratio 0 is one sample."""

    def power(self, effect_size, nobs1, alpha, ratio=1, alternative="two-sided") -> float:
        """The probability of rejecting, with `nobs1` and `nobs1 * ratio` observations."""
        return _power("ztest", effect_size, nobs1, alpha, self._settings(ratio, alternative))

    def solve_power(
        self, effect_size=None, nobs1=None, alpha=None, power=None, ratio=1.0, alternative="two-sided"
    ) -> float:
        """The one of effect_size, nobs1, alpha and power that is None."""
        unknown = {"effect_size": effect_size, "nobs1": nobs1, "alpha": alpha, "power": power}
        return _solve("ztest", unknown, self._settings(ratio, alternative))

    @staticmethod
    def _settings(ratio, alternative) -> dict:
        return {"ratio": float(ratio), "alternative": _alternative(alternative)}


class FTestAnovaPower:
    """One-way analysis of variance; the effect size is Cohen's f, `nobs` counts all groups together."""

    def power(self, effect_size, nobs, alpha, k_groups=2) -> float:
        """The probability of rejecting."""
        return _power("anova", effect_size, nobs, alpha, {"k_groups": int(k_groups)})

    def solve_power(self, effect_size=None, nobs=None, alpha=None, power=None, k_groups=2) -> float:
        """The one of effect_size, nobs, alpha and power that is None."""
        unknown = {"effect_size": effect_size, "nobs": nobs, "alpha": alpha, "power": power}
        return _solve("anova", unknown, {"k_groups": int(k_groups)})


def proportion_effectsize(prop1, prop2) -> float:
    """Cohen's h of two proportions: 2 asin(sqrt(prop1)) - 2 asin(sqrt(prop2))."""
    for name, value in (("prop1", prop1), ("prop2", prop2)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}: {value} is not in [0, 1]")
    return 2 * (math.asin(math.sqrt(prop1)) - math.asin(math.sqrt(prop2)))

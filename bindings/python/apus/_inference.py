"""What estimators fitted with ``inference=True`` have beside scikit-learn's methods: statsmodels' names."""

from __future__ import annotations

import numpy as np

#: Columns of a table of predictions, as statsmodels' summary_frame names them.
_COLUMNS = ("mean", "mean_se", "mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper")


class Prediction:
    """Predictions for new rows with their uncertainty."""

    def __init__(self, table, at_level):
        self._table = table
        self._at_level = at_level

    @property
    def predicted_mean(self) -> np.ndarray:
        """The predicted means: (n_samples,)."""
        return self._table[:, 0]

    @property
    def se_mean(self) -> np.ndarray:
        """Standard errors of the predicted means: (n_samples,)."""
        return self._table[:, 1]

    def conf_int(self, obs: bool = False, alpha: float = 0.05) -> np.ndarray:
        """Ends of the 1 - alpha intervals of the means or, with `obs`, of observations: (n_samples, 2)."""
        table = self._at_level(alpha)
        if obs and table.shape[1] < 6:
            raise ValueError("obs: intervals of observations exist for least squares only")
        return table[:, 4:6] if obs else table[:, 2:4]

    def summary_frame(self, alpha: float = 0.05):
        """All of it: a pandas DataFrame when pandas is installed, else a dict of arrays by the same names."""
        table = self._at_level(alpha)
        columns = dict(zip(_COLUMNS, table.T))
        try:
            from pandas import DataFrame
        except ImportError:
            return columns
        return DataFrame(columns)


def get_prediction(self, X, **arguments) -> Prediction:
    """Predictions for the rows of X with standard errors and intervals.

    Generalised linear models take `offset` and `exposure` of the new rows.
    """

    def at_level(alpha: float) -> np.ndarray:
        return self._operate("get_prediction", X, {"alpha": float(alpha), **arguments})

    return Prediction(at_level(0.05), at_level)


def predict(self, X, *, offset=None, exposure=None) -> np.ndarray:
    """Means of the rows of X: (n_samples,); `offset` and `exposure` are those of these rows, none by default."""
    if offset is None and exposure is None:
        return self._predict(X)
    return get_prediction(self, X, offset=offset, exposure=exposure).predicted_mean


def conf_int(self, alpha: float = 0.05) -> np.ndarray:
    """Ends of the 1 - alpha confidence intervals of the coefficients, the intercept first: (n_parameters, 2)."""
    return self._operate("conf_int", None, {"alpha": float(alpha)})


def odds_ratios(self, alpha: float = 0.05) -> np.ndarray:
    """Odds ratios and the ends of their 1 - alpha intervals, the intercept first: (n_parameters, 3)."""
    return self._operate("odds_ratios", None, {"alpha": float(alpha)})


def summary(self, yname: str | None = None, xname=None, title: str | None = None, alpha: float = 0.05) -> str:
    """The table of the fit as text, in statsmodels' layout.

    `xname` holds the names of the features; those seen in fit by default.
    """
    model = self._required_model()
    if xname is None and model.feature_names is not None:
        xname = model.feature_names
    arguments = {"alpha": float(alpha)}
    if xname is not None:
        arguments["xname"] = "\n".join(str(name) for name in xname)
    if yname is not None:
        arguments["yname"] = str(yname)
    if title is not None:
        arguments["title"] = str(title)
    return model.text("summary", arguments)

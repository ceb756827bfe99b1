"""Linear models under scikit-learn's names, and its functions for whole paths of penalties."""

from __future__ import annotations

import numpy as np

from ._modules import classes_in, hooks

__getattr__, __dir__ = hooks("linear_model")

__all__ = [*classes_in("linear_model"), "enet_path", "lasso_path"]


def lasso_path(X, y, *, eps=1e-3, alphas=100, precompute="auto", return_n_iter=False, positive=False, **params):
    """Lasso coefficients for a descending sequence of penalties, without a constant term.

    Returns ``alphas`` (n_alphas,), ``coefs`` (n_features, n_alphas) or (n_targets, n_features, n_alphas), and
    ``dual_gaps`` (n_alphas,); with `return_n_iter` also the numbers of passes. `params` are ``max_iter``, ``tol``,
    ``random_state`` and ``selection``.
    """
    return enet_path(
        X,
        y,
        l1_ratio=1.0,
        eps=eps,
        alphas=alphas,
        precompute=precompute,
        return_n_iter=return_n_iter,
        positive=positive,
        **params,
    )


def enet_path(
    X, y, *, l1_ratio=0.5, eps=1e-3, alphas=100, precompute="auto", return_n_iter=False, positive=False, **params
):
    """Elastic-net coefficients for a descending sequence of penalties, without a constant term.

    Parameters and results as for :func:`lasso_path`; `l1_ratio` is the share of the L1 penalty.
    """
    from ._classes import estimator_class

    common = {"l1_ratio": l1_ratio, "eps": eps, "alphas": alphas, "fit_intercept": False, "cv": 1, **params}
    if np.ndim(y) == 2:
        if positive:
            raise ValueError("positive=True is not allowed for multi-output (y.ndim != 1)")
        model = estimator_class("multi_task_elastic_net_cv")(**common)
    else:
        model = estimator_class("elastic_net_cv")(precompute=precompute, positive=positive, **common)
    model.fit(X, y)
    coefficients = model.coef_path_ if np.ndim(y) == 2 else model.coef_path_[0]
    found = (model.alphas_, coefficients, model.dual_gap_path_)
    return (*found, model.n_iter_path_) if return_n_iter else found

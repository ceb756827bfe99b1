"""Linear models under scikit-learn's names, and its functions for whole paths of penalties."""

from __future__ import annotations

import numpy as np

from ._modules import classes_in, hooks

__getattr__, __dir__ = hooks("linear_model")

__all__ = [*classes_in("linear_model"), "enet_path", "lasso_path"]



def lasso_path(X, y, **options):
    """Lasso coefficients for a descending sequence of penalties, without a constant term: :func:`enet_path` with an
    `l1_ratio` of 1."""
    return enet_path(X, y, l1_ratio=1.0, **options)


def enet_path(
    X,
    y,
    *,
    l1_ratio=0.5,
    eps=1e-3,
    alphas=100,
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    max_iter=1000,
    tol=1e-4,
    random_state=None,
    selection="cyclic",
):
    """Elastic-net coefficients for a descending sequence of penalties, without a constant term.

    `l1_ratio` is the share of the L1 penalty; `alphas` a number of penalties down to `eps` times the largest, or the
    penalties. `Xy`, `copy_X`, `coef_init` and `verbose` are accepted for compatibility: no result depends on them.

    Returns ``alphas`` (n_alphas,), ``coefs`` (n_features, n_alphas) or (n_targets, n_features, n_alphas), and
    ``dual_gaps`` (n_alphas,); with `return_n_iter` also the numbers of passes.
    """
    from ._classes import estimator_class

    common = {"l1_ratio": l1_ratio, "eps": eps, "alphas": alphas, "fit_intercept": False, "cv": 1}
    common |= {"max_iter": max_iter, "tol": tol, "random_state": random_state, "selection": selection}
    if np.ndim(y) == 2:
        if positive:
            raise ValueError("positive=True is not allowed for multi-output (y.ndim != 1)")
        model = estimator_class("multi_task_elastic_net_cv")(**common)
    else:
        chosen = precompute if isinstance(precompute, (bool, str)) else True
        model = estimator_class("elastic_net_cv")(precompute=chosen, positive=positive, **common)
    model.fit(X, y)
    coefficients = model.coef_path_ if np.ndim(y) == 2 else model.coef_path_[0]
    found = (model.alphas_, coefficients, model.dual_gap_path_)
    return (*found, model.n_iter_path_) if return_n_iter else found

"""What classes of linear models have beside what introspection says."""

from __future__ import annotations


def members(kind) -> dict:
    """Members of the classes with an L1 penalty by coordinate descent: whole paths, and coefficients as a sparse matrix."""
    names = {parameter.name for parameter in kind.parameters}
    if kind.module != "linear_model" or "selection" not in names:
        return {}
    return {"path": staticmethod(_path(is_lasso="l1_ratio" not in names)), "sparse_coef_": property(_sparse_coefficients)}


def _path(is_lasso: bool):
    def path(X, y, **options):
        from . import linear_model

        return (linear_model.lasso_path if is_lasso else linear_model.enet_path)(X, y, **options)

    path.__doc__ = f"Coefficients for a sequence of penalties: :func:`apus.linear_model.{'lasso' if is_lasso else 'enet'}_path`."
    return path


def _sparse_coefficients(self):
    """`coef_` as a sparse matrix: (1, n_features), or (n_targets, n_features)."""
    from scipy.sparse import csr_matrix

    return csr_matrix(self.coef_)

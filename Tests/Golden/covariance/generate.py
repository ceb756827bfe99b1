"""Golden values of correlation and covariance matrices: `covariance.json`.

NumPy 2.4.6, SciPy 1.17.1, pandas, scikit-learn 1.9.1. Run: python generate.py
"""
import json
import numpy as np
import pandas as pd
from scipy import stats
from sklearn import covariance

rng = np.random.default_rng(7)
n, p = 30, 5
mix = rng.normal(size=(p, p))
X = np.round(rng.normal(size=(n, p)) @ mix + [0, 10, -3, 100, 0.5], 4)
f = rng.integers(0, 4, n)
w = np.round(rng.uniform(0.1, 2, n), 3)
missing = X.copy()
missing[rng.uniform(size=X.shape) < 0.15] = np.nan
r = np.corrcoef(X.T)
pv = np.array([[0.0 if i == j else stats.pearsonr(X[:, i], X[:, j]).pvalue for j in range(p)] for i in range(p)])
lw, oas, sh = covariance.LedoitWolf().fit(X), covariance.OAS().fit(X), covariance.ShrunkCovariance(shrinkage=0.2).fit(X)
outliers = np.vstack([rng.normal(size=(60, 3)), rng.normal(size=(12, 3)) + 9])
outliers = np.round(outliers, 4)
# Of many random searches the one that found the smallest determinant.
mcd = min((covariance.MinCovDet(random_state=k).fit(outliers) for k in range(300)), key=lambda m: np.linalg.det(m.raw_covariance_))
out = {
    "X": X.tolist(), "f": f.tolist(), "w": w.tolist(),
    "missing": [[None if np.isnan(v) else v for v in row] for row in missing],
    "pearson": r.tolist(), "pearson_p": pv.tolist(), "spearman": stats.spearmanr(X).statistic.tolist(),
    "pairwise": pd.DataFrame(missing).corr().to_numpy().tolist(),
    "cov1": np.cov(X.T).tolist(), "cov0": np.cov(X.T, ddof=0).tolist(),
    "cov_f": np.cov(X.T, fweights=f).tolist(), "cov_w": np.cov(X.T, aweights=w).tolist(), "cov_fw": np.cov(X.T, fweights=f, aweights=w).tolist(),
    "ledoit_wolf": lw.covariance_.tolist(), "ledoit_wolf_shrinkage": lw.shrinkage_,
    "oas": oas.covariance_.tolist(), "oas_shrinkage": oas.shrinkage_, "shrunk": sh.covariance_.tolist(), "location": lw.location_.tolist(),
    "mahalanobis": lw.mahalanobis(X).tolist(),
    "outliers": outliers.tolist(), "mcd_location": mcd.location_.tolist(), "mcd_covariance": mcd.covariance_.tolist(),
    "mcd_raw_covariance": mcd.raw_covariance_.tolist(), "mcd_support": mcd.support_.astype(int).tolist(),
}
json.dump(out, open("covariance.json", "w"))

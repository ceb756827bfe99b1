"""Puts the package beside this file on the path of the tests, and has scikit-learn check array API input too."""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")

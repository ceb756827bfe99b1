"""Writes the golden files of networks with PyTorch 2.15 (CPU) and numpy 2.4: every case of cases.py in one .npz a group."""

import pathlib

import cases
import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent

for group, (entries, run) in cases.GROUPS.items():
    arrays = {f"{name}/{part}": value for name in entries for part, value in run(torch, name).items()}
    np.savez_compressed(FOLDER / f"{group}.npz", **arrays)

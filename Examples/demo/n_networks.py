"""A small network trained with PyTorch's own script: loss curve of two optimisers, and the computation graph"""

import time

import matplotlib.pyplot as plt
import numpy as np

import apus as torch
from apus import nn


def run(output):
    torch.manual_seed(42)
    X = torch.randn(100, 3)
    y = (X * torch.tensor([1.0, -2.0, 0.5])).sum(1, keepdim=True).tanh() + 0.1 * torch.randn(100, 1)
    X_test = torch.randn(50, 3)
    y_test = (X_test * torch.tensor([1.0, -2.0, 0.5])).sum(1, keepdim=True).tanh()
    loss = nn.MSELoss()
    num_epochs = 1000
    _, axes = plt.subplots(figsize=(6.5, 4.2))
    for name, rate in (("SGD", 0.1), ("Adam", 0.01)):
        torch.manual_seed(42)
        model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=rate)
        curve = []
        start = time.perf_counter()
        for _ in range(num_epochs):
            predictions = model(X)
            MSE = loss(predictions, y)
            MSE.backward()
            optimizer.step()
            optimizer.zero_grad()
            curve.append(MSE)
        elapsed = time.perf_counter() - start
        model.eval()
        with torch.no_grad():
            test_MSE = loss(model(X_test), y_test)
        values = np.array([value.item() for value in curve])
        print(f"{name:<5} {num_epochs} epochs in {elapsed * 1e3:.0f} ms: training {values[-1]:.4f}, test {test_MSE.item():.4f}")
        axes.semilogy(values, label=name)
    axes.set(xlabel="epoch", ylabel="mean squared error", title="3-8-4-1 network")
    axes.legend()
    plt.savefig(output / "networks.png", dpi=110, bbox_inches="tight")
    plt.close()
    hidden = nn.functional.relu(nn.Linear(3, 2)(X))
    print(loss(nn.Linear(2, 1)(hidden), y).graph())

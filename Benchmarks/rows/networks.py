"""Training small networks against PyTorch, both with two threads."""

import numpy as np
from harness import Case, Row


def _script(torch, nn, x, y, epochs):
    torch.manual_seed(42)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = nn.MSELoss()
    X, target = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(epochs):
        MSE = loss(model(X), target)
        MSE.backward()
        optimizer.step()
        optimizer.zero_grad()
    return MSE.item()


def _regression():
    import torch

    import apus

    torch.set_num_threads(2)
    apus.set_num_threads(2)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((100, 3)).astype(np.float32)
    y = generator.standard_normal((100, 1)).astype(np.float32)

    def check(ours, peer):
        assert abs(ours - peer) < 1e-5 * abs(peer), (ours, peer)
        return f"loss {ours:.6f} and {peer:.6f}"

    return Case(lambda: _script(apus, apus.nn, x, y, 1000), lambda: _script(torch, torch.nn, x, y, 1000), check)


def _classifier(torch, nn, x, y, steps):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    loss = nn.CrossEntropyLoss()
    data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = torch.utils.data.DataLoader(data, batch_size=128, shuffle=True)
    for images, labels in loader:
        optimizer.zero_grad()
        value = loss(model(images), labels)
        value.backward()
        optimizer.step()
    return value.item()


def _perceptron():
    import torch
    import torch.utils.data

    import apus

    torch.set_num_threads(2)
    apus.set_num_threads(2)
    generator = np.random.default_rng(0)
    x = generator.random((20_000, 784), dtype=np.float32)
    y = (x[:, :10].argmax(1)).astype(np.int64)

    def check(ours, peer):
        assert abs(ours - peer) < 2e-2 * abs(peer), (ours, peer)
        return f"loss {ours:.4f} and {peer:.4f}"

    return Case(lambda: _classifier(apus, apus.nn, x, y, 1), lambda: _classifier(torch, torch.nn, x, y, 1), check)


def rows():
    return [
        Row("regression script, 100 × 3, 1,000 epochs", "PyTorch", 20, _regression),
        Row("784-256-128-10, batch 128, Adam, 20,000 images", "PyTorch", 4, _perceptron),
    ]

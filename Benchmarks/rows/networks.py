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


def _two_threads():
    """PyTorch and Apus, with as many threads each."""
    import torch
    import torch.utils.data

    import apus

    torch.set_num_threads(2)
    apus.set_num_threads(2)
    return torch, apus


def _few_rows():
    generator = np.random.default_rng(0)
    return generator.standard_normal((100, 3)).astype(np.float32), generator.standard_normal((100, 1)).astype(np.float32)


def _regression():
    torch, apus = _two_threads()
    x, y = _few_rows()

    def check(ours, peer):
        assert abs(ours - peer) < 1e-5 * abs(peer), (ours, peer)
        return f"loss {ours:.6f} and {peer:.6f}"

    return Case(lambda: _script(apus, apus.nn, x, y, 1000), lambda: _script(torch, torch.nn, x, y, 1000), check)


def _operations(torch, x, y, steps):
    """The script's model and its descent written out in single operations."""
    torch.manual_seed(42)
    shapes = ((3, 8), (8,), (8, 4), (4,), (4, 1), (1,))
    parameters = [(0.5 * torch.randn(*shape)).requires_grad_() for shape in shapes]
    w1, b1, w2, b2, w3, b3 = parameters
    X, target = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(steps):
        hidden = torch.sigmoid((X @ w1 + b1).relu() @ w2 + b2)
        value = ((hidden @ w3 + b3 - target) ** 2).mean()
        value.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter -= 0.05 * parameter.grad
                parameter.grad = None
    return value.item()


def _eager():
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

    return Case(lambda: _operations(apus, x, y, 200), lambda: _operations(torch, x, y, 200), check)


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
    torch, apus = _two_threads()
    generator = np.random.default_rng(0)
    x = generator.random((20_000, 784), dtype=np.float32)
    y = (x[:, :10].argmax(1)).astype(np.int64)

    def check(ours, peer):
        assert abs(ours - peer) < 2e-2 * abs(peer), (ours, peer)
        return f"loss {ours:.4f} and {peer:.4f}"

    return Case(lambda: _classifier(apus, apus.nn, x, y, 1), lambda: _classifier(torch, torch.nn, x, y, 1), check)


def _trainer():
    """The script in the library's training loop, against PyTorch's script."""
    torch, apus = _two_threads()
    nn = apus.nn
    x, y = _few_rows()

    def ours():
        apus.manual_seed(42)
        model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))
        optimizer = apus.optim.SGD(model.parameters(), lr=0.1)
        trainer = nn.Trainer(model, nn.MSELoss(), optimizer, epochs=1000, batch_size=None, shuffle=False)
        return trainer.fit(x, y)[-1]["loss"]

    def check(found, peer):
        assert abs(found - peer) < 1e-5 * abs(peer), (found, peer)
        return f"loss {found:.6f} and {peer:.6f}"

    return Case(ours, lambda: _script(torch, torch.nn, x, y, 1000), check)


_LATENCY = """
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static apus_module *linear(int64_t in, int64_t out) {
  apus_option o[2] = {{.name = "in_features", .type = APUS_OPTION_INT, .integer = in},
                      {.name = "out_features", .type = APUS_OPTION_INT, .integer = out}};
  apus_module *m = NULL;
  if (apus_module_create(&m, "Linear", o, 2) != APUS_OK) exit(1);
  return m;
}
int main(void) {
  apus_module *relu, *sigmoid, *model;
  if (apus_manual_seed(42) != APUS_OK) return 1;
  apus_module *a = linear(3, 8), *b = linear(8, 4), *c = linear(4, 1);
  if (apus_module_create(&relu, "ReLU", NULL, 0) != APUS_OK) return 1;
  if (apus_module_create(&sigmoid, "Sigmoid", NULL, 0) != APUS_OK) return 1;
  const apus_module *all[5] = {a, relu, b, sigmoid, c};
  if (apus_module_sequential(&model, all, NULL, 5) != APUS_OK) return 1;
  float row[3] = {1, 2, 3};
  int64_t shape[2] = {1, 3};
  apus_view view = {row, APUS_FLOAT32, 2, shape, NULL};
  apus_tensor *x, *y;
  if (apus_tensor_create(&x, &view, 0) != APUS_OK) return 1;
  (void)apus_grad_set_enabled(0);
  double best = 1, value = 0;
  for (int round = 0; round < 50; ++round) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 2000; ++i) {
      if (apus_module_forward(&y, model, x) != APUS_OK) return 1;
      if (apus_tensor_item(&value, y) != APUS_OK) return 1;
      apus_tensor_free(y);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double each = ((double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec)) / 2000;
    if (each < best) best = each;
  }
  printf("%.9g %.9g\\n", best, value);
  return 0;
}
"""


def _loaded(name):
    """The file this process has loaded under a name that the dynamic linker resolved."""
    import pathlib

    files = {line.split()[-1] for line in pathlib.Path("/proc/self/maps").read_text().splitlines() if "/" in line}
    return next(file for file in files if pathlib.Path(file).name.startswith(name))


def _latency():
    """One forward pass of the small model from C, called 100,000 times, against as many of PyTorch's from Python."""
    import os
    import pathlib
    import subprocess
    import tempfile

    import torch

    from apus._library import lib

    torch.set_num_threads(1)
    folder = tempfile.mkdtemp()
    source, program = os.path.join(folder, "latency.c"), os.path.join(folder, "latency")
    pathlib.Path(source).write_text(_LATENCY)
    include = pathlib.Path(__file__).resolve().parents[2] / "include"
    library = _loaded(os.path.basename(lib.path))
    subprocess.run(
        ["cc", "-O2", f"-I{include}", source, library, f"-Wl,-rpath,{os.path.dirname(library)}", "-o", program],
        check=True,
    )
    torch.manual_seed(42)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))
    x = torch.tensor([[1.0, 2.0, 3.0]])

    def peer():
        with torch.no_grad():
            for _ in range(100_000):
                value = model(x).item()
        return value

    def ours():
        return [float(v) for v in subprocess.run([program], capture_output=True, check=True, text=True).stdout.split()]

    def check(found, peer):
        assert abs(found[1] - peer) < 1e-6, (found, peer)
        assert found[0] < 2e-6, f"one forward pass takes {found[0] * 1e6:.2f} µs"
        return f"one pass {found[0] * 1e6:.2f} µs"

    return Case(ours, peer, check)


def _images(torch, x, y):
    """One epoch of a small convolutional network."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 49, 10),
    )  # fmt: skip
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()
    for start in range(0, len(x), 64):
        optimizer.zero_grad()
        value = loss(model(torch.from_numpy(x[start : start + 64])), torch.from_numpy(y[start : start + 64]))
        value.backward()
        optimizer.step()
    return value.item()


def _convolutions():
    torch, apus = _two_threads()
    generator = np.random.default_rng(0)
    x = generator.random((640, 1, 28, 28), dtype=np.float32)
    y = (x[:, 0, :10, 0].argmax(1)).astype(np.int64)

    def check(ours, peer):
        assert abs(ours - peer) < 1e-3 * abs(peer), (ours, peer)
        return f"loss {ours:.4f} and {peer:.4f}"

    return Case(lambda: _images(apus, x, y), lambda: _images(torch, x, y), check)


def _characters(torch, kind, codes, targets, steps):
    """Training steps of embedding, recurrent layer and head on windows of characters."""
    nn = torch.nn
    torch.manual_seed(0)
    embedding, recurrent, head = nn.Embedding(64, 128), getattr(nn, kind)(128, 128), nn.Linear(128, 64)
    parameters = [*embedding.parameters(), *recurrent.parameters(), *head.parameters()]
    optimizer, loss = torch.optim.Adam(parameters, lr=1e-3), nn.CrossEntropyLoss()
    x, y = torch.from_numpy(codes), torch.from_numpy(targets)
    for _ in range(steps):
        hidden, _ = recurrent(embedding(x))
        value = loss(head(hidden).reshape(-1, 64), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return value.item()


def _recurrent(kind):
    def setup():
        torch, apus = _two_threads()
        generator = np.random.default_rng(0)
        codes = generator.integers(0, 64, (64, 32))
        targets = np.roll(codes, -1, 0).reshape(-1)

        def check(ours, peer):
            assert abs(ours - peer) < 1e-4 * abs(peer), (ours, peer)
            return f"loss {ours:.4f} and {peer:.4f}"

        return Case(
            lambda: _characters(apus, kind, codes, targets, 20), lambda: _characters(torch, kind, codes, targets, 20), check
        )

    return setup


def rows():
    return [
        Row("regression script, 100 × 3, 1,000 epochs", "PyTorch", 20, _regression),
        Row("the same through Trainer", "PyTorch", 100, _trainer, pairs=9),
        Row("its model and descent in single operations, 200 steps", "PyTorch", 1, _eager, pairs=9),
        Row("100,000 forward passes of its model, from C", "PyTorch, from Python", 10, _latency),
        Row("784-256-128-10, batch 128, Adam, 20,000 images", "PyTorch", 4, _perceptron),
        Row("CNN 8-16 channels, batch 64, Adam, 640 images", "PyTorch", 1, _convolutions, pairs=7),
        *[
            Row(f"{kind} 128, batch 32, 64 characters, Adam, 20 steps", "PyTorch", goal, _recurrent(kind), pairs=9)
            for kind, goal in (("RNN", 6), ("GRU", 6), ("LSTM", 1.6))
        ],
    ]

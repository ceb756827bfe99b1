"""Networks: PyTorch's own script, the same in the library's training loop, and characters predicted by a recurrent layer"""

import time

import matplotlib.pyplot as plt
import numpy as np
import tables

import apus as torch
from apus import nn


def small_model():
    torch.manual_seed(42)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))


def run(output):
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.2))
    regression(axes[0], output)
    characters(axes[1])
    figure.tight_layout()
    figure.savefig(output / "networks.png", dpi=120)
    plt.close(figure)


def regression(axis, output):
    torch.manual_seed(42)
    X = torch.randn(100, 3)
    y = (X * torch.tensor([1.0, -2.0, 0.5])).sum(1, keepdim=True).tanh() + 0.1 * torch.randn(100, 1)
    X_test = torch.randn(50, 3)
    y_test = (X_test * torch.tensor([1.0, -2.0, 0.5])).sum(1, keepdim=True).tanh()
    loss, num_epochs = nn.MSELoss(), 1000
    for name, rate in (("SGD", 0.1), ("Adam", 0.01)):
        model = small_model()
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
            predictions = model(X_test)
            test_MSE = loss(predictions, y_test)
        values = np.array([value.item() for value in curve])
        print(f"script, {name:<4}  {num_epochs} epochs in {elapsed * 1e3:5.0f} ms: training {values[-1]:.4f}, test {test_MSE.item():.4f}")
        axis.semilogy(values, label=name)

        model = small_model()
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=rate)
        trainer = nn.Trainer(model, loss, optimizer, epochs=num_epochs, batch_size=None, shuffle=False)
        start = time.perf_counter()
        history = trainer.fit(X, y)
        elapsed = time.perf_counter() - start
        print(f"Trainer, {name:<4} {num_epochs} epochs in {elapsed * 1e3:5.1f} ms: training {history[-1]['loss']:.4f}")
        assert np.allclose([row["loss"] for row in history], values, rtol=1e-3)
    axis.set(xlabel="epoch", ylabel="mean squared error", title="3-8-4-1 network, 100 rows, the script's loop")
    axis.legend()
    small = nn.MSELoss()(nn.Linear(2, 1)(nn.functional.relu(nn.Linear(3, 2)(X))), y)
    (output / "network-graph.dot").write_text(small.graph())
    print("network-graph.dot: the graph behind the loss of a smaller model, for Graphviz")


class CharacterModel(nn.Module):
    """The next character from those before."""

    def __init__(self, characters, width=128):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.recurrent = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, characters)

    def forward(self, x, state=None):
        hidden, state = self.recurrent(self.embedding(x), state)
        return self.head(hidden), state


def characters(axis, seconds=12.0, batch=32, length=64):
    text = tables.coriolanus()
    alphabet = sorted(set(text))
    codes = np.array([alphabet.index(c) for c in text])
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    model = CharacterModel(len(alphabet))
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=4e-3), nn.CrossEntropyLoss()
    curve, start = [], time.perf_counter()
    while len(curve) < 500 and time.perf_counter() - start < seconds:
        places = generator.integers(0, len(codes) - length - 1, batch)
        windows = codes[places[:, None] + np.arange(length + 1)]
        logits, _ = model(torch.from_numpy(windows[:, :-1]))
        value = loss(logits.reshape(-1, len(alphabet)), torch.from_numpy(windows[:, 1:].reshape(-1)))
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        curve.append(value.item())
    elapsed = time.perf_counter() - start
    axis.plot(curve)
    axis.set(xlabel="step", ylabel="cross-entropy (nats per character)", title=f"GRU, 128 wide, {len(text):,} characters")
    print(f"characters: {len(curve)} steps in {elapsed:.1f} s, {curve[0]:.2f} to {np.mean(curve[-20:]):.2f} nats a character")
    print(sample(model, alphabet, "MENENIUS:\n", 200))


def sample(model, alphabet, start, count, temperature=0.6):
    """Text one character at a time, the state carried along."""
    model.eval()
    text, state = start, None
    generator = np.random.default_rng(3)
    with torch.no_grad():
        given = [alphabet.index(c) for c in start]
        for _ in range(count):
            logits, state = model(torch.tensor([given]), state)
            p = torch.softmax(logits[0, -1] / temperature, 0).double().numpy()
            given = [generator.choice(len(alphabet), p=p / p.sum())]
            text += alphabet[given[0]]
    return text

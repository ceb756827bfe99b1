"""The library's training loop, its schedules, and averages of weights."""

import importlib.util
import pathlib

import numpy as np
import pytest

import apus as torch
from apus import nn

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "Tests" / "Golden" / "networks"


def small_model():
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))


def data(rows=60):
    generator = np.random.default_rng(0)
    X = generator.standard_normal((rows, 3)).astype(np.float32)
    return X, np.tanh(X[:, :1] - X[:, 2:])


def test_trains_as_the_script_does():
    X, y = data()
    torch.manual_seed(1)
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = nn.MSELoss()
    losses = []
    for _ in range(50):
        MSE = loss(model(torch.from_numpy(X)), torch.from_numpy(y))
        losses.append(MSE.item())
        MSE.backward()
        optimizer.step()
        optimizer.zero_grad()
    torch.manual_seed(1)
    twin = small_model()
    trainer = nn.Trainer(
        twin, nn.MSELoss(), torch.optim.SGD(twin.parameters(), lr=0.1), epochs=50, batch_size=None, shuffle=False
    )
    history = trainer.fit(X, y)
    np.testing.assert_allclose([row["loss"] for row in history], losses, rtol=1e-5)
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(twin.state_dict()[name].numpy(), value.numpy(), rtol=2e-5, atol=1e-6)


def test_shuffled_batches_are_the_loaders():
    X, y = data(33)
    losses = []
    for in_library in (False, True):
        torch.manual_seed(4)
        model = nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 1))
        optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.01), nn.MSELoss()
        if in_library:
            nn.Trainer(model, loss, optimizer, epochs=2, batch_size=8).fit(X, y)
        else:
            set_ = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
            loader = torch.utils.data.DataLoader(set_, batch_size=8, shuffle=True)
            for _ in range(2):
                for x, target in loader:
                    optimizer.zero_grad()
                    loss(model(x), target).backward()
                    optimizer.step()
        losses.append(loss(model(torch.from_numpy(X)), torch.from_numpy(y)).item())
    assert losses[0] == losses[1]


def test_history_metrics_validation_and_prediction():
    X, y = data(80)
    labels = (y[:, 0] > 0).astype(np.int64)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
    trainer = nn.Trainer(
        model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=0.05), epochs=15, batch_size=16,
        metrics=["accuracy"], schedule=("StepLR", {"step_size": 10, "gamma": 0.1}),
    )  # fmt: skip
    seen = []
    history = trainer.fit(
        X[:60], labels[:60], validation=(X[60:], labels[60:]), progress=lambda stage, share: seen.append(share)
    )
    assert len(history) == 15 and seen[-1] == 1
    assert history[-1]["accuracy"] > 0.9 and history[-1]["validation_accuracy"] > 0.7
    assert history[0]["lr"] == 0.05 and history[-1]["lr"] == pytest.approx(0.005)
    loss, accuracy = trainer.evaluate(X[60:], labels[60:])
    assert accuracy == history[-1]["validation_accuracy"] and loss == pytest.approx(history[-1]["validation_loss"])
    predicted = trainer.predict(X[60:])
    assert not predicted.requires_grad
    assert (predicted.numpy().argmax(1) == labels[60:]).mean() == accuracy


def test_checkpoint_resumes_exactly(tmp_path):
    X, y = data()

    def made():
        model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 1))
        return model, nn.Trainer(model, nn.MSELoss(), torch.optim.AdamW(model.parameters(), lr=0.02), epochs=3, batch_size=8)

    torch.manual_seed(2)
    model, trainer = made()
    trainer.fit(X, y)
    trainer.save(tmp_path / "state.safetensors")
    trainer.fit(X, y)
    torch.manual_seed(77)
    twin, resumed = made()
    resumed.load(tmp_path / "state.safetensors")
    resumed.fit(X, y)
    assert [row["loss"] for row in resumed.history] == [row["loss"] for row in trainer.history]
    pairs = zip(model.state_dict().values(), twin.state_dict().values(), strict=True)
    assert all((a.numpy() == b.numpy()).all() for a, b in pairs)
    with pytest.raises(ValueError, match="no checkpoint"):
        model.save_safetensors(tmp_path / "other.safetensors")
        resumed.load(tmp_path / "other.safetensors")


def test_loss_that_is_not_finite_names_the_step():
    X, y = data()
    model = small_model()
    trainer = nn.Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=1e30), epochs=5, batch_size=10)
    before = [p.detach().numpy().copy() for p in model.parameters()]
    with pytest.raises(ArithmeticError, match="epoch 1, step"):
        trainer.fit(X, y)
    assert all((a == b.detach().numpy()).all() for a, b in zip(before, model.parameters(), strict=True))
    assert trainer.history == []


def test_what_cannot_be_trained_is_named():
    class Own(nn.Module):
        pass

    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(TypeError, match="model"):
        nn.Trainer(Own(), nn.MSELoss(), optimizer)
    with pytest.raises(TypeError, match="loss"):
        nn.Trainer(model, lambda a, b: a, optimizer)
    for settings in ({"epochs": -1}, {"batch_size": -3}, {"metrics": "f1"}, {"clip_norm": -1.0}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            nn.Trainer(model, nn.MSELoss(), optimizer, **settings)
    trainer = nn.Trainer(model, nn.MSELoss(), optimizer)
    X, y = data()
    with pytest.raises(ValueError, match="60 rows are needed"):
        trainer.fit(X, y[:-1])
    with pytest.raises(ValueError):
        nn.Trainer(model, nn.MSELoss(), optimizer, schedule=("NoLR", {}))


def _golden_cases():
    specification = importlib.util.spec_from_file_location("network_cases", FOLDER / "cases.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


cases = _golden_cases()


@pytest.mark.parametrize("name", [name for name in cases.SCHEDULES if name != "plateau"])
def test_schedules_of_the_library_are_pytorchs(name):
    """One epoch a golden step."""
    kind, settings = cases.SCHEDULES[name]
    model = nn.Linear(1, 1)
    settings = {k: v for k, v in settings.items() if k != "cycle_momentum"}
    trainer = nn.Trainer(
        model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.2), epochs=12, schedule=(kind, settings)
    )
    trainer.fit(np.zeros((4, 1), np.float32), np.zeros((4, 1), np.float32))
    with np.load(FOLDER / "schedules.npz") as golden:
        assert [row["lr"] for row in trainer.history] == golden[f"{name}/rates"][:12].tolist()


def test_plateau_schedule_watches_the_loss():
    model = nn.Linear(1, 1)
    trainer = nn.Trainer(
        model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=1e-30), epochs=8,
        schedule=("ReduceLROnPlateau", {"factor": 0.5, "patience": 1, "eps": 0.0}),
    )  # fmt: skip
    trainer.fit(np.ones((4, 1), np.float32), np.ones((4, 1), np.float32))
    rates = [row["lr"] for row in trainer.history]
    assert rates == [1e-30 * f for f in (1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125)]


def test_averaged_models():
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    ema = torch.optim.swa_utils.AveragedModel(model, avg_fn=torch.optim.swa_utils.get_ema_avg_fn(0.9))
    swa = torch.optim.swa_utils.AveragedModel(model)
    values = []
    for step in range(4):
        with torch.no_grad():
            model.weight.fill_(float(step))
        values.append(float(step))
        ema.update_parameters(model)
        swa.update_parameters(model)
    expected = values[0]
    for value in values[1:]:
        expected = 0.9 * expected + 0.1 * value
    assert ema.module.weight.detach().numpy()[0, 0] == pytest.approx(expected, rel=1e-6)
    assert swa.module.weight.detach().numpy()[0, 0] == pytest.approx(np.mean(values), rel=1e-6)

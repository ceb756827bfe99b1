"""Tensors, networks and optimisers under PyTorch's names. Weights of the seeded model are those of PyTorch 2.15."""

import copy
import pickle

import numpy as np
import pytest

import apus as torch
from apus import nn


def small_model():
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 1))


def test_seeded_weights_have_pytorchs_bits():
    torch.manual_seed(42)
    weight = nn.Linear(3, 8).weight.detach().numpy().ravel()[:3]
    assert weight.tolist() == np.array([0.44140652, 0.47920528, -0.13525727], dtype=np.float32).tolist()


def test_script_trains():
    torch.manual_seed(0)
    X, y = torch.randn(100, 3), torch.randn(100, 1)
    model, loss = small_model(), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    first = loss(model(X), y).item()
    for _ in range(100):
        predictions = model(X)
        MSE = loss(predictions, y)
        MSE.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        predictions = model(X)
    assert not predictions.requires_grad
    assert loss(predictions, y).item() < first
    assert all(p.grad is None for p in model.parameters())


def test_gradients_match_the_formula():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_numpy_shares_memory():
    array = np.zeros(3, dtype=np.float32)
    tensor = torch.from_numpy(array)
    tensor += 2
    array[0] = 7
    assert tensor.tolist() == [7.0, 2.0, 2.0]
    assert np.shares_memory(tensor.numpy(), array)
    with pytest.raises(RuntimeError, match="detach"):
        torch.ones(2, requires_grad=True).numpy()


def test_printing():
    assert repr(torch.tensor([1.0, 2.5])) == "tensor([1.0000, 2.5000])"
    assert repr(torch.tensor([1, 2])) == "tensor([1, 2])"
    assert repr(torch.tensor(1.5, dtype=torch.float64)) == "tensor(1.5000, dtype=torch.float64)"
    assert repr(nn.Linear(3, 8)) == "Linear(in_features=3, out_features=8, bias=True)"


def test_indexing():
    x = torch.arange(12).reshape(3, 4)
    assert x[1, 2].item() == 6
    assert x[:, 1::2].tolist() == [[1, 3], [5, 7], [9, 11]]
    assert x[torch.tensor([2, 0])].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert x[x > 9].tolist() == [10, 11]
    x[0] = 5
    assert x[0].tolist() == [5, 5, 5, 5]


def test_state_dict_names_what_does_not_fit():
    model = small_model()
    state = model.state_dict()
    assert list(state)[:2] == ["0.weight", "0.bias"]
    state["extra"] = state.pop("0.bias")
    with pytest.raises(RuntimeError, match=r'(?s)"extra".*"0.bias"'):
        model.load_state_dict(state)


def test_copies_are_independent():
    model = small_model()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        x = torch.randn(5, 3)
        assert torch.equal(model(x), twin(x))
        with torch.no_grad():
            twin[4].weight.fill_(0)
        assert not torch.equal(model(x), twin(x))


def test_own_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = nn.Linear(3, 4), nn.Linear(4, 1)
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return self.out(torch.relu(self.hidden(x))) * self.scale

    net = Net()
    net(torch.randn(5, 3)).sum().backward()
    assert [name for name, _ in net.named_parameters()][0] == "scale"
    assert all(p.grad is not None for p in net.parameters())


def test_bad_input():
    with pytest.raises(RuntimeError, match=r"\[2, 3\].*\[4, 5\]"):
        torch.ones(2, 3) + torch.ones(4, 5)
    with pytest.raises(ValueError, match="7 at index 1"):
        nn.CrossEntropyLoss()(torch.randn(2, 3), torch.tensor([1, 7]))
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()


def test_recurrent_shapes():
    output, (hidden, cell) = nn.LSTM(4, 6, num_layers=2, bidirectional=True)(torch.randn(5, 3, 4))
    assert output.shape == (5, 3, 12)
    assert hidden.shape == cell.shape == (4, 3, 6)


def test_data_loader_covers_every_sample():
    data = torch.utils.data.TensorDataset(torch.arange(10))
    batches = list(torch.utils.data.DataLoader(data, batch_size=4, shuffle=True))
    assert sorted(v for (batch,) in batches for v in batch.tolist()) == list(range(10))
    assert [len(batch) for (batch,) in batches] == [4, 4, 2]


def test_optimizer_resumes_exactly():
    def steps(model, optimizer, x, n):
        for _ in range(n):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()

    torch.manual_seed(1)
    x, model = torch.randn(20, 3), small_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    steps(model, optimizer, x, 3)
    twin = copy.deepcopy(model)
    resumed = torch.optim.AdamW(twin.parameters(), lr=0.5)
    resumed.load_state_dict(optimizer.state_dict())
    steps(model, optimizer, x, 3)
    steps(twin, resumed, x, 3)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_packed_sequences_keep_their_order():
    rnn = nn.utils.rnn
    sequences = [torch.randn(n, 3) for n in (2, 0, 5)]
    padded = rnn.pad_sequence(sequences)
    packed = rnn.pack_padded_sequence(padded, [2, 0, 5], enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [2, 2, 1, 1, 1]
    assert packed.data.shape == (7, 3)
    layer = nn.GRU(3, 4)
    output, state = layer(packed)
    whole, lengths = rnn.pad_packed_sequence(output)
    assert lengths.tolist() == [2, 0, 5] and whole.shape == (5, 3, 4)
    single, last = layer(sequences[0].unsqueeze(1))
    np.testing.assert_allclose(whole[:2, 0].detach().numpy(), single[:, 0].detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(state[0, 0].detach().numpy(), last[0, 0].detach().numpy(), rtol=1e-5, atol=1e-6)
    assert not whole[:, 1].detach().numpy().any() and not state[0, 1].detach().numpy().any()
    with pytest.raises(RuntimeError, match="lengths"):
        rnn.pack_padded_sequence(padded, [6, 1, 1])


def test_safetensors_of_any_module(tmp_path):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.norm = nn.Linear(2, 3), nn.BatchNorm1d(3)

    model, twin = Own(), Own()
    model.save_safetensors(tmp_path / "own.safetensors")
    twin.load_safetensors(tmp_path / "own.safetensors")
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(model.state_dict().values(), twin.state_dict().values()))
    assert "layer Linear" in model.summary() and "15" in model.summary()
    with pytest.raises(RuntimeError, match="Missing key"):
        nn.Linear(2, 3).load_safetensors(tmp_path / "own.safetensors")


def test_gradient_accumulation_with_weights():
    loss = nn.CTCLoss(reduction="none")
    x = torch.randn(6, 2, 4).log_softmax(2)
    found = loss(x, torch.tensor([[1, 2], [3, 0]]), torch.tensor([6, 6]), torch.tensor([2, 1]))
    assert found.shape == (2,) and (found.numpy() > 0).all()


def test_muon_orthogonalises_its_steps():
    generator = np.random.default_rng(0)
    start, gradient = generator.standard_normal((2, 6, 4))
    parameter = nn.Parameter(torch.tensor(start))
    parameter.grad = torch.tensor(gradient)
    torch.optim.Muon([parameter], lr=0.1, weight_decay=0.2).step()
    # The formula in numpy: buffer 0.05 g, Nesterov's look-ahead, five iterations, rate times sqrt(6 / 4).
    update = 0.05 * gradient * 0.95 + 0.05 * gradient
    x = update.T / np.linalg.norm(update)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    expected = start * (1 - 0.1 * 0.2) - 0.1 * np.sqrt(6 / 4) * x.T
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-11, atol=1e-12)
    with pytest.raises(ValueError, match="matrices"):
        torch.optim.Muon([nn.Parameter(torch.zeros(3))])


def test_lion_takes_signs():
    generator = np.random.default_rng(0)
    start, gradients = generator.standard_normal(5), generator.standard_normal((3, 5))
    parameter = nn.Parameter(torch.tensor(start))
    optimizer = torch.optim.Lion([parameter], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    expected, momentum = start.copy(), np.zeros(5)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        # Chen et al. (2023), algorithm 2.
        update = np.sign(0.9 * momentum + 0.1 * gradient)
        momentum = 0.99 * momentum + 0.01 * gradient
        expected = expected - 0.01 * (update + 0.1 * expected)
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-13)


def test_masked_tokens_are_normalised_both_ways():
    logits = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    tokens = torch.tensor([[1, 2, 3], [0, 4, 4]])
    mask = torch.tensor([[True, False, True], [False, False, True]])
    chosen = torch.log_softmax(logits.detach(), 2).numpy()[[0, 0, 1], [0, 2, 2], [1, 3, 4]]
    for normalization, divisor in (("batch", 2), ("token", 3)):
        found = nn.MaskedTokenLoss(normalization)(logits, tokens, mask)
        assert found.item() == pytest.approx(-chosen.sum() / divisor, rel=1e-13)
        assert torch.autograd.gradcheck(
            lambda x, n=normalization: nn.functional.masked_token_loss(x, tokens, mask, n), [logits]
        )
    nothing = nn.MaskedTokenLoss("token")(logits, tokens, torch.zeros(2, 3).bool())
    nothing.backward()
    assert nothing.item() == 0 and not logits.grad.numpy().any()


def test_samplers_decide_on_the_order():
    data = torch.utils.data.TensorDataset(torch.arange(6), torch.arange(6) * 10)
    load = torch.utils.data.DataLoader

    def order(**settings):
        return [batch[0].tolist() for batch in load(data, **settings)]

    assert order(batch_size=4) == [[0, 1, 2, 3], [4, 5]]
    assert order(batch_size=4, drop_last=True) == [[0, 1, 2, 3]]
    assert order(batch_size=2, sampler=[5, 1, 0]) == [[5, 1], [0]]
    assert order(batch_sampler=[[3], [1, 2]]) == [[3], [1, 2]]
    sampler = torch.utils.data.BatchSampler(torch.utils.data.SequentialSampler(range(5)), 2, drop_last=False)
    assert list(sampler) == [[0, 1], [2, 3], [4]] and len(sampler) == 3
    assert [int(x) for x, _ in load(data, batch_size=None)] == list(range(6))
    subset = torch.utils.data.SubsetRandomSampler([4, 2, 2])
    loader = load(data, batch_size=2, sampler=subset)
    assert len(loader) == 2 and sorted(v for batch in loader for v in batch[0].tolist()) == [2, 2, 4]
    weighted = torch.utils.data.WeightedRandomSampler([0, 0, 1, 0, 0, 2], 50)
    assert set(weighted) == {2, 5} and len(weighted) == 50
    assert sorted(torch.multinomial(torch.tensor([1.0, 0.0, 3.0]), 2).tolist()) == [0, 2]


def test_bad_samplers_are_named():
    utils = torch.utils.data
    with pytest.raises(ValueError, match="num_samples"):
        utils.RandomSampler(range(5), num_samples=0)
    with pytest.raises(ValueError, match="num_samples"):
        utils.WeightedRandomSampler([1.0, 2.0], 3, replacement=False)
    with pytest.raises(ValueError, match="weights"):
        list(utils.WeightedRandomSampler([1.0, -2.0], 3))
    with pytest.raises(ValueError, match="exclusive"):
        utils.DataLoader(range(5), shuffle=True, sampler=[1])
    with pytest.raises(ValueError, match="exclusive"):
        utils.DataLoader(range(5), batch_size=2, batch_sampler=[[1]])
    with pytest.raises(ValueError, match="batch_size"):
        utils.BatchSampler(range(5), 0)


def test_padding_of_convolutions_by_name():
    x = torch.randn(2, 3, 9, 8)
    for kernel, dilation in ((3, 1), (4, 1), ((2, 5), (3, 2))):
        assert nn.Conv2d(3, 4, kernel, padding="same", dilation=dilation)(x).shape == (2, 4, 9, 8)
    assert nn.Conv2d(3, 4, 3, padding="valid")(x).shape == (2, 4, 7, 6)
    assert "padding=same" in repr(nn.Conv1d(3, 4, 3, padding="same"))
    with pytest.raises(ValueError, match="stride"):
        nn.Conv2d(3, 4, 3, padding="same", stride=2)
    with pytest.raises(ValueError, match="padding"):
        nn.Conv2d(3, 4, 3, padding="mirror")


def test_bad_initialisers_are_named():
    init = nn.init
    for call, match in (
        (lambda: init.xavier_uniform_(torch.zeros(3)), "2 dimensions"),
        (lambda: init.kaiming_normal_(torch.zeros(3, 2), mode="fan_all"), "mode"),
        (lambda: init.kaiming_normal_(torch.zeros(3, 2), nonlinearity="spline"), "nonlinearity"),
        (lambda: init.trunc_normal_(torch.zeros(3), a=2.0, b=1.0), "less than"),
        (lambda: init.orthogonal_(torch.zeros(3)), "2 dimensions"),
        (lambda: init.dirac_(torch.zeros(3, 2)), "dimensions"),
        (lambda: init.dirac_(torch.zeros(3, 2, 1), groups=2), "groups"),
        (lambda: init.sparse_(torch.zeros(3, 2), sparsity=1.5), "sparsity"),
    ):
        with pytest.raises(ValueError, match=match):
            call()
    wide = init.orthogonal_(torch.zeros(3, 2, 4), gain=0.5).numpy().reshape(3, 8)
    np.testing.assert_allclose(wide @ wide.T, 0.25 * np.eye(3), atol=1e-6)
    layer = nn.Linear(4, 4)
    assert init.eye_(layer.weight) is layer.weight and layer.weight.requires_grad
    assert torch.equal(layer.weight, torch.eye(4))

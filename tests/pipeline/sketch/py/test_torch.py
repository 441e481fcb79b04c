"""The Python side against real torch: a tiny randomly initialised transformer with LoRA. Run by python.test.ts."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "pipeline" / "sketch" / "py"))
import socratic_sketch as sk  # noqa: E402

LIBRARY = sk.load_library()


class LoraLinear(nn.Module):
    def __init__(self, size: int, rank: int = 4):
        super().__init__()
        self.base = nn.Linear(size, size, bias=False)
        self.base.weight.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.randn(rank, size) / size**0.5)
        self.lora_B = nn.Parameter(torch.randn(size, rank) * 0.01)

    def forward(self, x):
        return self.base(x) + (x @ self.lora_A.T) @ self.lora_B.T


class Block(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.q, self.k, self.v, self.out = (LoraLinear(size) for _ in range(4))

    def forward(self, x):
        h = self.norm(x)
        attended = nn.functional.scaled_dot_product_attention(self.q(h), self.k(h), self.v(h), is_causal=True)
        return x + self.out(attended)


class Tiny(nn.Module):
    def __init__(self, words: int = 61, size: int = 96, depth: int = 3):
        super().__init__()
        self.embed = nn.Embedding(words, size)
        self.blocks = nn.ModuleList(Block(size) for _ in range(depth))
        self.head = nn.Linear(size, words)
        for parameter in [*self.embed.parameters(), *self.head.parameters()]:
            parameter.requires_grad_(False)

    def forward(self, tokens):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return nn.functional.cross_entropy(self.head(x[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())


def is_lora(name: str) -> bool:
    return "lora_" in name


def fresh(dtype=torch.float32):
    torch.manual_seed(3)
    model = Tiny().to(dtype)
    return model, torch.randint(0, 61, (2, 24))


def sketcher(**more) -> sk.Sketcher:
    return sk.Sketcher(seed=11, k=1024, s=4, library=LIBRARY, **more)


def relative(a, b) -> float:
    a, b = torch.tensor(a), torch.tensor(b)
    return float((a - b).norm() / b.norm())


class Hooks(unittest.TestCase):
    def test_sketch_of_the_hooks_is_the_sketch_of_the_gradients(self):
        for dtype in (torch.float32, torch.bfloat16):
            model, tokens = fresh(dtype)
            hooked = sketcher()
            with sk.GradientHooks(model, hooked, is_lora):
                model(tokens).backward()
            direct = sketcher()
            for name, parameter in sorted(model.named_parameters(), reverse=True):
                if is_lora(name):
                    direct.add(name, parameter.grad)
            self.assertEqual(hooked.stats.n, sum(p.numel() for n, p in model.named_parameters() if is_lora(n)))
            self.assertLess(relative(hooked.finish(), direct.finish()), 1e-6)
            exact = sum(float(p.grad.double().square().sum()) for n, p in model.named_parameters() if is_lora(n))
            self.assertAlmostEqual(hooked.stats.norm2 / exact, 1, places=12)

    def test_concatenated_gradient(self):
        """One tensor's pieces, sketched apart, are the sketch of the whole; cosines match the concatenated gradients'."""
        gradients, sketches = [], []
        for seed in range(4):
            model, _ = fresh()
            torch.manual_seed(100 + seed)
            each = sketcher()
            with sk.GradientHooks(model, each, is_lora):
                model(torch.randint(0, 61, (2, 24))).backward()
            gradients.append(torch.cat([p.grad.flatten() for n, p in model.named_parameters() if is_lora(n)]).double())
            sketches.append(torch.tensor(each.finish()).double())
        for i in range(4):
            for j in range(i):
                exact = torch.cosine_similarity(gradients[i], gradients[j], dim=0)
                estimate = torch.cosine_similarity(sketches[i], sketches[j], dim=0)
                self.assertLess(abs(float(exact - estimate)), 5 / 1024**0.5)

    def test_freeing_and_a_second_backward(self):
        model, tokens = fresh()
        with sk.GradientHooks(model, sketcher(), is_lora, free=True):
            model(tokens).backward()
            self.assertTrue(all(p.grad is None for n, p in model.named_parameters() if is_lora(n)))
            with self.assertRaisesRegex(sk.SketchError, "second backward"):
                model(tokens).backward()

    def test_collect_after_accumulation(self):
        model, tokens = fresh()
        for part in tokens:
            model(part[None]).backward()
        collected, direct = sketcher(), sketcher()
        sk.GradientHooks(model, collected, is_lora).collect()
        for name, parameter in model.named_parameters():
            if is_lora(name):
                direct.add(name, parameter.grad)
        self.assertEqual(collected.finish(), direct.finish())

    def test_wrappers_do_not_change_names(self):
        model, tokens = fresh()
        plain, wrapped = sketcher(), sketcher()
        with sk.GradientHooks(model, plain, is_lora):
            model(tokens).backward()
        model.zero_grad()
        with sk.GradientHooks(nn.ModuleDict({"module": model}), wrapped, is_lora):
            model(tokens).backward()
        self.assertEqual(plain.finish(), wrapped.finish())
        self.assertEqual(sk.canonical_name("module._fsdp_wrapped_module.a._orig_mod.b"), "a.b")

    def test_exact_dot_on_the_way(self):
        model, tokens = fresh()
        references = {name: torch.randn_like(p) for name, p in model.named_parameters() if is_lora(name)}
        each = sketcher()
        with sk.GradientHooks(model, each, is_lora, references=lambda name: (references[name],)):
            model(tokens).backward()
        exact = sum(float((p.grad.double() * references[n].double()).sum()) for n, p in model.named_parameters() if is_lora(n))
        self.assertAlmostEqual(each.stats.dot[0], exact, places=9)


class Adam(unittest.TestCase):
    def test_less_form(self):
        model, tokens = fresh()
        optimizer = torch.optim.AdamW([p for n, p in model.named_parameters() if is_lora(n)], lr=1e-3)
        for _ in range(3):
            optimizer.zero_grad()
            model(tokens).backward()
            optimizer.step()
        optimizer.zero_grad()
        each, direct = sketcher(), sketcher()
        with sk.GradientHooks(model, each, is_lora, precondition=lambda name, p: sk.adam_less(optimizer, p)):
            model(tokens).backward()
        for name, p in model.named_parameters():
            if is_lora(name):
                how = sk.adam_less(optimizer, p)
                double = (how.beta1 * how.m.double() + (1 - how.beta1) * p.grad.double()) / (
                    how.beta2 * how.v.double() + (1 - how.beta2) * p.grad.double() ** 2 + how.eps).sqrt()
                in_torch = sk.precondition_tensor(p.grad, how)
                self.assertLess(relative(in_torch.flatten().tolist(), double.flatten().tolist()), 1e-5)
                direct.add(name, in_torch)
        self.assertLess(relative(each.finish(), direct.finish()), 1e-6)

    def test_diagonal_is_linear(self):
        g, weights = torch.randn(10_001), torch.rand(10_001)
        each, direct = sketcher(), sketcher()
        each.add("w", g, precondition=sk.Diagonal(weights))
        direct.add("w", g * weights)
        self.assertEqual(each.finish(), direct.finish())


class Ranks(unittest.TestCase):
    def test_two_simulated_ranks_merge(self):
        model, tokens = fresh()
        whole = sketcher()
        with sk.GradientHooks(model, whole, is_lora):
            model(tokens).backward()
        for dim in (0, 1):
            ranks = [sketcher(), sketcher()]
            for name, p in model.named_parameters():
                if is_lora(name):
                    for rank, part in enumerate(p.grad.chunk(2, dim)):
                        ranks[rank].add(name, part.contiguous(), sk.shard_cut(tuple(p.shape), dim, rank, 2))
            ranks[0].merge(ranks[1])
            self.assertLess(relative(ranks[0].finish(), whole.finish()), 1e-6)
            self.assertAlmostEqual(ranks[0].stats.norm2 / whole.stats.norm2, 1, places=12)

    def test_mixed_matrices_do_not_merge(self):
        with self.assertRaisesRegex(sk.SketchError, "seed, k, s"):
            sketcher().merge(sk.Sketcher(seed=12, k=1024, s=4, library=LIBRARY))


class Refusals(unittest.TestCase):
    def test_dtypes_layouts_and_shapes(self):
        for bad, says in ((torch.zeros(3, dtype=torch.float64), "dtype"), (torch.zeros(4, 4).T[1:], "contiguous")):
            with self.assertRaisesRegex(sk.SketchError, says):
                sketcher().add("w", bad)
        with self.assertRaisesRegex(sk.SketchError, "k / s"):
            sk.Sketcher(k=8192, s=1, library=LIBRARY)
        with self.assertRaisesRegex(sk.SketchError, "preconditioner"):
            sketcher().add("w", torch.zeros(3), precondition=sk.Diagonal(torch.zeros(4)))


class Modes(unittest.TestCase):
    def test_flush_to_zero_set_by_the_caller_changes_nothing(self):
        tiny = torch.full((5000,), 1e-40) * torch.arange(5000)
        before = sketcher()
        before.add("w", tiny)
        expected = before.finish()
        self.assertTrue(any(expected))
        if not torch.set_flush_denormal(True):
            self.skipTest("this processor cannot flush denormals")
        try:
            for threads in (1, 3):
                for isa in range(1, 4):
                    try:
                        during = sketcher(isa=isa, threads=threads)
                    except sk.SketchError:
                        continue
                    during.add("w", tiny)
                    self.assertEqual(during.finish().tobytes(), expected.tobytes())
            self.assertEqual(float(torch.tensor(1e-40) * 1.0), 0.0, "the caller's mode must be given back")
        finally:
            torch.set_flush_denormal(False)


def write_for_node(folder: str) -> None:
    """Spools one task whole, one over two ranks, and one as sketches of two ranks; python.test.ts projects all three."""
    model, tokens = fresh()
    model(tokens).backward()
    gradients = {n: p.grad for n, p in model.named_parameters() if is_lora(n)}
    numel = sum(g.numel() for g in gradients.values())
    writer = sk.SpoolWriter(folder, max_bytes=10**9)

    def task(name: str, rank: int = 0, world: int = 1) -> sk.Task:
        return sk.Task(round=2, split="candidate", task_id=name, ckpt="c" * 64, loss="grpo", n_rollouts=8, n_tokens=99, loss_value=0.5, rank=rank, world=world)

    writer.write_gradient(task("whole/1 ü"), gradients)
    writer.finish(task("whole/1 ü"), numel)
    for rank in range(2):
        parts = {n: g.chunk(2, 0)[rank].contiguous() for n, g in gradients.items()}
        cuts = {n: sk.shard_cut(tuple(g.shape), 0, rank, 2) for n, g in gradients.items()}
        writer.write_gradient(task("ranks", rank, 2), parts, cuts)
        each = sketcher()
        for n, part in parts.items():
            each.add(n, part, cuts[n])
        writer.write_sketch(task("sketches", rank, 2), each)
    for name in ("ranks", "sketches"):
        writer.finish(task(name, 0, 2), numel)
    print(json.dumps({"numel": numel}))


class Spool(unittest.TestCase):
    def test_a_full_spool_makes_the_trainer_wait(self):
        with tempfile.TemporaryDirectory() as folder:
            task = sk.Task(round=1, split="val", task_id="t", ckpt="c" * 64, loss="grpo", n_rollouts=1, n_tokens=1, loss_value=0.0)
            with self.assertRaisesRegex(sk.SketchError, "full"):
                sk.SpoolWriter(folder, max_bytes=100, wait_seconds=0.1).write_gradient(task, {"w": torch.zeros(100)})
            self.assertEqual(list(Path(folder).rglob("*.safetensors*")), [])


if __name__ == "__main__":
    if sys.argv[1:2] == ["spool"]:
        write_for_node(sys.argv[2])
    else:
        torch.set_num_threads(1)
        unittest.main()

"""Gradient sketches from Python: the same library, the same bits as everywhere else (see ../SPEC.md).

    sketcher = Sketcher(seed=1)
    with GradientHooks(model, sketcher):
        loss.backward()                       # every gradient is sketched as soon as it is there
    row = sketcher.finish()                   # 4096 floats

Needs only ctypes and libsketch.so; torch where tensors come from torch. One file on purpose: copy it where you train.
"""

from __future__ import annotations

import array
import ctypes
import json
import os
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ALGO, ALGO_VERSION, MAX_REFERENCES = "tps-sjlt", 1, 8
_DTYPES = {"float32": 0, "bfloat16": 1, "float16": 2}
_CODES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
_WRAPPERS = {"module", "_fsdp_wrapped_module", "_orig_mod", "_checkpoint_wrapped_module"}


class SketchError(Exception):
    """The library refused, or the input cannot be right. The message says where, expected and found."""


class _Cfg(ctypes.Structure):
    _fields_ = [("abi", ctypes.c_uint32), ("algo", ctypes.c_uint32), ("seed", ctypes.c_uint64), ("k", ctypes.c_uint32),
                ("s", ctypes.c_uint32), ("threads", ctypes.c_uint32), ("isa", ctypes.c_uint32)]


class _Piece(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("name_hash", ctypes.c_uint64), ("offset", ctypes.c_uint64), ("count", ctypes.c_uint64),
                ("row_len", ctypes.c_uint64), ("row_stride", ctypes.c_uint64), ("dtype", ctypes.c_uint32), ("device", ctypes.c_uint32)]


class _Stats(ctypes.Structure):
    _fields_ = [("norm2", ctypes.c_double), ("absmax", ctypes.c_double), ("n", ctypes.c_uint64), ("zeros", ctypes.c_uint64),
                ("nonfinite", ctypes.c_uint64), ("dot", ctypes.c_double * MAX_REFERENCES)]


class _Precond(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("beta1", ctypes.c_float), ("beta2", ctypes.c_float), ("eps", ctypes.c_float),
                ("first", ctypes.c_void_p), ("second", ctypes.c_void_p)]


class _Ref(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("base", ctypes.c_uint64), ("count", ctypes.c_uint64), ("dtype", ctypes.c_uint32),
                ("packed", ctypes.c_uint32)]


@dataclass(frozen=True)
class Cut:
    """Where a rank's values lie in the full tensor, in elements. `row_len` 0 means one run."""

    full_shape: tuple[int, ...]
    offset: int = 0
    row_len: int = 0
    row_stride: int = 0


@dataclass(frozen=True)
class AdamLess:
    """Adam's form of a gradient as LESS writes it: (b1 m + (1-b1) g) / sqrt(b2 v + (1-b2) g^2 + eps). m, v: fp32, cut as g is."""

    m: object
    v: object
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


@dataclass(frozen=True)
class Diagonal:
    """Weights, fp32, that a gradient is multiplied with: frozen for a round, so that sketches stay linear."""

    weights: object


def default_library() -> Path:
    return Path(os.environ.get("SKETCH_LIBRARY") or Path(__file__).resolve().parents[3] / "build" / "libsketch.so")


def load_library(path: os.PathLike | str | None = None) -> ctypes.CDLL:
    """The library, after its self-test. Raises SketchError where it is broken or of another version."""
    path = Path(path or default_library())
    if not path.exists():
        raise SketchError(f"{path}: no library here; run `make native`, or set SKETCH_LIBRARY")
    library = ctypes.CDLL(str(path))
    for name in ("sk_info", "sk_last_error", "sk_isa_name"):
        getattr(library, name).restype = ctypes.c_char_p
    library.sk_name_hash.restype = ctypes.c_uint64
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.sk_name_hash.argtypes = [ctypes.c_char_p, size]
    library.sk_isa_name.argtypes = library.sk_close.argtypes = [pointer]
    library.sk_add.argtypes = [pointer, pointer, pointer, pointer, size, pointer, pointer, size]
    library.sk_add_safetensors.argtypes = [pointer, pointer, pointer, ctypes.c_char_p, pointer, size]
    library.sk_merge.argtypes = [pointer, pointer, ctypes.c_uint32]
    library.sk_finish.argtypes = [pointer, pointer, pointer]
    library.sk_cuda_add.argtypes = [pointer, pointer, pointer, pointer, size, pointer]
    library.sk_cuda_workspace.argtypes = [pointer, pointer, size, pointer]
    info = json.loads(library.sk_info())
    if (info["abi"], info["algo_version"]) != (1, ALGO_VERSION):
        raise SketchError(f"{path}: expected ABI 1, algo_version {ALGO_VERSION}; found {info}")
    _check(library, library.sk_selftest())
    return library


def _check(library: ctypes.CDLL, code: int) -> None:
    if code != 0:
        raise SketchError(library.sk_last_error().decode())


@dataclass
class Cover:
    """What went into a sketch, for whoever merges ranks: gaps and overlaps must show."""

    name: str
    full: int
    offset: int
    count: int
    length: int
    stride: int


class Sketcher:
    """Adds gradients up into one sketch. Not for two threads at once."""

    def __init__(self, seed: int = 0, k: int = 4096, s: int = 4, threads: int = 1, isa: int = 0, library=None):
        self.library = library if isinstance(library, ctypes.CDLL) else load_library(library)
        self.cfg = _Cfg(1, 1, seed, k, s, threads, isa)
        self._context = ctypes.c_void_p()
        _check(self.library, self.library.sk_open(ctypes.byref(self.cfg), ctypes.byref(self._context)))
        self.isa = self.library.sk_isa_name(self._context).decode()
        self.reset()

    def __del__(self):
        if getattr(self, "_context", None):
            self.library.sk_close(self._context)

    def reset(self) -> None:
        """Forgets everything added: the next task starts."""
        self._totals = (ctypes.c_double * self.cfg.k)()
        self._device_totals, self._workspaces = None, []
        self.stats = _Stats()
        self.covers: list[Cover] = []

    def add(self, name: str, values, cut: Cut | None = None, precondition: AdamLess | Diagonal | None = None, references=()) -> None:
        """Adds one contiguous tensor (torch, or anything with the buffer protocol). References are packed like it."""
        values = _Values.of(values)
        piece = self._piece(name, values, cut)
        if values.is_cuda:
            self._add_cuda(name, values, cut, precondition, references)
        else:
            pre, keep = _precondition(precondition, values.count)
            refs = [_Values.of(reference) for reference in references]
            packed = (_Ref * len(refs))(*(_Ref(ref.address, 0, ref.count, ref.code, 1) for ref in refs))
            stats = ctypes.byref(self.stats)
            _check(self.library, self.library.sk_add(self._context, self._totals, stats, ctypes.byref(piece), 1, pre, packed if refs else None, len(refs)))
            del keep
        self.covers.append(_cover(name, values.count, cut))

    def add_safetensors(self, path, references=()) -> None:
        """Adds a gradient file, with dot products against files of whole tensors."""
        refs = (ctypes.c_char_p * len(references))(*(os.fsencode(reference) for reference in references))
        stats = ctypes.byref(self.stats)
        _check(self.library, self.library.sk_add_safetensors(self._context, self._totals, stats, os.fsencode(path), refs if references else None, len(references)))

    def merge(self, other: "Sketcher") -> None:
        """Adds another rank's sketch. The two must have seen disjoint elements."""
        mine, theirs = [(cfg.seed, cfg.k, cfg.s) for cfg in (self.cfg, other.cfg)]
        if mine != theirs:
            raise SketchError(f"merge: expected seed, k, s {mine}; found {theirs}")
        _check(self.library, self.library.sk_merge(self._totals, other.totals(), self.cfg.k))
        for name in ("norm2", "n", "zeros", "nonfinite"):
            setattr(self.stats, name, getattr(self.stats, name) + getattr(other.stats, name))
        self.stats.absmax = max(self.stats.absmax, other.stats.absmax)
        for r in range(MAX_REFERENCES):
            self.stats.dot[r] += other.stats.dot[r]
        self.covers += other.covers

    def totals(self):
        """Unscaled fp64 sums, k of them; waits for the device where it was used."""
        if self._device_totals is not None:
            host = self._device_totals.cpu().contiguous()
            self._device_totals.zero_()
            _check(self.library, self.library.sk_merge(self._totals, host.data_ptr(), self.cfg.k))
            self._workspaces.clear()
        return self._totals

    def finish(self) -> array.array:
        """The sketch to store: k floats, scaled by sqrt(1/s)."""
        out = (ctypes.c_float * self.cfg.k)()
        _check(self.library, self.library.sk_finish(ctypes.byref(self.cfg), self.totals(), out))
        return array.array("f", bytes(out))

    def stats_json(self) -> str:
        facts = {name: getattr(self.stats, name) for name in ("norm2", "absmax", "n", "zeros", "nonfinite")}
        return json.dumps({**facts, "dot": list(self.stats.dot)})

    def _piece(self, name: str, values: "_Values", cut: Cut | None) -> _Piece:
        encoded = name.encode()
        cut = cut or Cut((values.count,))
        return _Piece(values.address, self.library.sk_name_hash(encoded, len(encoded)), cut.offset, values.count, cut.row_len, cut.row_stride,
                      values.code, int(values.is_cuda))

    def _add_cuda(self, name, values, cut, precondition, references) -> None:
        """On the tensor's device and its current stream, nothing waits. Statistics are torch's, in fp64."""
        import torch

        gradient = values.tensor
        with torch.cuda.device(gradient.device):
            if precondition is not None:
                gradient = precondition_tensor(gradient, precondition)
            piece = self._piece(name, _Values.of(gradient), cut)
            if self._device_totals is None:
                self._device_totals = torch.zeros(self.cfg.k, dtype=torch.float64, device=gradient.device)
            size = ctypes.c_uint64()
            _check(self.library, self.library.sk_cuda_workspace(self._context, ctypes.byref(piece), 1, ctypes.byref(size)))
            workspace = torch.empty(size.value, dtype=torch.uint8, device=gradient.device)
            stream = torch.cuda.current_stream().cuda_stream
            _check(self.library, self.library.sk_cuda_add(self._context, self._device_totals.data_ptr(), workspace.data_ptr(), ctypes.byref(piece), 1, stream))
            self._count_cuda(gradient, references)

    def _count_cuda(self, gradient, references) -> None:
        import torch

        wide = gradient.detach().flatten().double()
        finite = torch.isfinite(wide)
        self.stats.norm2 += float(wide.square().sum())
        self.stats.absmax = max(self.stats.absmax, float(wide.abs()[finite].max()) if bool(finite.any()) else 0.0)
        self.stats.n += wide.numel()
        self.stats.zeros += int((wide == 0).sum())
        self.stats.nonfinite += int((~finite).sum())
        for r, reference in enumerate(references):
            self.stats.dot[r] += float(wide @ reference.flatten().double())


class _Values:
    """Address, count and dtype of contiguous memory, which it keeps alive."""

    def __init__(self, tensor, address: int, count: int, dtype: str, is_cuda: bool):
        if dtype not in _DTYPES:
            raise SketchError(f"dtype: expected float32, bfloat16 or float16; found {dtype}")
        self.tensor, self.address, self.count, self.dtype, self.is_cuda = tensor, address, count, dtype, is_cuda
        self.code = _DTYPES[dtype]

    @classmethod
    def of(cls, values) -> "_Values":
        if isinstance(values, cls):
            return values
        if hasattr(values, "data_ptr"):
            if not values.is_contiguous():
                raise SketchError("values: expected a contiguous tensor; call .contiguous(), or say how it is cut")
            return cls(values, values.data_ptr(), values.numel(), str(values.dtype).removeprefix("torch."), values.is_cuda)
        view = memoryview(values).cast("B")
        kind = {"f": "float32", "e": "float16"}.get(memoryview(values).format, memoryview(values).format)
        if view.readonly:
            values = bytearray(view)
        held = (ctypes.c_char * len(view)).from_buffer(values) if len(view) else None
        return cls(held, ctypes.addressof(held) if held else 0, len(view) // (4 if kind == "float32" else 2), kind, False)


def _precondition(how, count: int):
    if how is None:
        return None, ()
    arrays = [_Values.of(part) for part in ((how.m, how.v) if isinstance(how, AdamLess) else (how.weights,))]
    for part in arrays:
        if part.code != 0 or part.count != count:
            raise SketchError(f"preconditioner: expected {count} values of float32; found {part.count} of {part.dtype}")
    if isinstance(how, AdamLess):
        pre = _Precond(2, how.beta1, how.beta2, how.eps, arrays[0].address, arrays[1].address)
    else:
        pre = _Precond(1, 0, 0, 0, arrays[0].address, None)
    return ctypes.byref(pre), (pre, arrays)


def precondition_tensor(gradient, how: AdamLess | Diagonal):
    """The same forms in torch, in fp32, for gradients on a device and for tests."""
    g = gradient.float()
    if isinstance(how, Diagonal):
        return g * how.weights
    import torch

    b1, b2, eps = (torch.tensor(value, dtype=torch.float32, device=g.device) for value in (how.beta1, how.beta2, how.eps))
    return (b1 * how.m + (1 - b1) * g) / (b2 * how.v + (1 - b2) * (g * g) + eps).sqrt()


def _cover(name: str, count: int, cut: Cut | None) -> Cover:
    cut = cut or Cut((count,))
    full = 1
    for side in cut.full_shape:
        full *= side
    strided = 0 < cut.row_len < count
    length, stride = (cut.row_len, cut.row_stride) if strided else (max(1, count), max(1, count))
    return Cover(name, full, cut.offset, count, length, stride)


def canonical_name(name: str) -> str:
    """A parameter's name without what wrappers put in. It is hashed: it must not depend on how a model is wrapped."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def local_gradient(parameter):
    """(local values, cut) of a parameter's gradient; of a DTensor sharded along dim 0, this rank's rows."""
    gradient = parameter.grad
    if not hasattr(gradient, "to_local"):
        return gradient.detach().contiguous(), None
    local, full = gradient.to_local().detach().contiguous(), tuple(gradient.shape)
    placements = [placement for placement in gradient.placements if not placement.is_replicate()]
    if len(placements) != 1 or gradient.device_mesh.ndim != 1 or not placements[0].is_shard():
        raise SketchError(f"DTensor: expected one shard on a mesh of one dimension; found {gradient.placements}: pass pieces yourself")
    rank, world, dim = gradient.device_mesh.get_local_rank(), gradient.device_mesh.size(), placements[0].dim
    return local, shard_cut(full, dim, rank, world)


def shard_cut(full: tuple[int, ...], dim: int, rank: int, world: int) -> Cut:
    """The cut of rank `rank` of `world` when dimension `dim` is chunked as torch does it (ceil-sized chunks)."""
    chunk = -(-full[dim] // world)
    start, stop = min(rank * chunk, full[dim]), min((rank + 1) * chunk, full[dim])
    inner = 1
    for side in full[dim + 1:]:
        inner *= side
    if dim == 0:
        return Cut(full, start * inner)
    return Cut(full, start * inner, (stop - start) * inner, full[dim] * inner)


class GradientHooks:
    """Sketches each parameter's gradient the moment autograd has it; `free=True` then lets go of it.

    One backward pass per task. With several, add the gradients up first and call `collect()`: norms are not linear.
    """

    def __init__(self, model, sketcher: Sketcher, wanted=lambda name: True, free: bool = False, precondition=lambda name, parameter: None,
                 references=lambda name: ()):
        self.sketcher, self.free, self.precondition, self.references = sketcher, free, precondition, references
        named = [(canonical_name(name), parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
        self.parameters = [(name, parameter) for name, parameter in named if wanted(name)]
        if len({name for name, _ in self.parameters}) != len(self.parameters):
            raise SketchError("model: two parameters have the same canonical name")
        self._handles, self._seen = [], set()

    def __enter__(self) -> "GradientHooks":
        self._seen.clear()
        self._handles = [parameter.register_post_accumulate_grad_hook(self._hook(name)) for name, parameter in self.parameters]
        return self

    def __exit__(self, *_) -> None:
        for handle in self._handles:
            handle.remove()

    def collect(self) -> None:
        """Sketches the gradients that are there now, without hooks."""
        for name, parameter in self.parameters:
            if parameter.grad is not None:
                self._take(name, parameter)

    def _hook(self, name: str):
        def hook(parameter) -> None:
            if name in self._seen:
                raise SketchError(f"{name}: a second backward pass in one task; add gradients up and call collect()")
            self._seen.add(name)
            self._take(name, parameter)
            if self.free:
                parameter.grad = None

        return hook

    def _take(self, name: str, parameter) -> None:
        values, cut = local_gradient(parameter)
        self.sketcher.add(name, values, cut, self.precondition(name, parameter), self.references(name))


def adam_less(optimizer, parameter) -> AdamLess:
    """LESS's preconditioner from the optimiser's state for a parameter."""
    group = next(group for group in optimizer.param_groups if any(each is parameter for each in group["params"]))
    state, (beta1, beta2) = optimizer.state[parameter], group["betas"]
    return AdamLess(state["exp_avg"].float().contiguous(), state["exp_avg_sq"].float().contiguous(), beta1, beta2, group["eps"])


@dataclass
class Task:
    """What a spooled gradient says of itself. Every rank of a task says the same, but for `rank`."""

    round: int
    split: str
    task_id: str
    ckpt: str
    loss: str
    n_rollouts: int
    n_tokens: int
    loss_value: float
    grad_kind: str = "sgd"
    precond_id: str = ""
    reduction: str = "sum"
    param_filter: str = "lora"
    rank: int = 0
    world: int = 1
    extra: dict[str, str] = field(default_factory=dict)

    def metadata(self, contract: str) -> dict[str, str]:
        plain = {name: str(value) for name, value in vars(self).items() if name not in ("extra", "loss_value")}
        return {"sk.contract": contract, **plain, "loss_value": repr(float(self.loss_value)), **self.extra}


class SpoolWriter:
    """Writes gradients, or finished sketches, for a projection job to pick up. Files appear complete or not at all."""

    def __init__(self, root: os.PathLike | str, max_bytes: int, wait_seconds: float = 3600):
        self.root, self.max_bytes, self.wait_seconds = Path(root), max_bytes, wait_seconds

    def write_gradient(self, task: Task, tensors: dict[str, object], cuts: dict[str, Cut] | None = None) -> None:
        """One rank's gradient: local values by canonical name, and how those that are not whole are cut."""
        values = {name: (_Values.of(tensor), _shape(tensor)) for name, tensor in tensors.items()}
        blocks = [(name, _CODES[held.dtype], shape, _memory(held)) for name, (held, shape) in values.items()]
        task.extra = {"pieces": json.dumps({name: _cut_json(cut) for name, cut in cuts.items()})} if cuts else {}
        self._write_rank(task, "socratic-grad/1", blocks)

    def write_sketch(self, task: Task, sketcher: Sketcher) -> None:
        """One rank's sketch instead of its gradient: 8 k bytes, norms, dots, and what it covers."""
        cfg = sketcher.cfg
        totals = bytes(sketcher.totals())
        task.extra = {"algo": ALGO, "algo_version": str(ALGO_VERSION), "seed": str(cfg.seed), "k": str(cfg.k), "s": str(cfg.s),
                      "stats": sketcher.stats_json(), "coverage": json.dumps([vars(cover) for cover in sketcher.covers])}
        self._write_rank(task, "socratic-sketch/1", [("sk.totals", "F64", [cfg.k], totals)])

    def finish(self, task: Task, expected_numel: int) -> None:
        """After the last rank: from here on the task may be taken."""
        self._publish(self._folder(task) / "_DONE.json", [json.dumps({"ranks": task.world, "expected_numel": expected_numel}).encode()])

    def _folder(self, task: Task) -> Path:
        from urllib.parse import quote

        return self.root / f"round={task.round:04d}" / f"split={task.split}" / f"task={quote(task.task_id, safe=chr(33) + '()*' + chr(39))}"

    def _write_rank(self, task: Task, contract: str, blocks) -> None:
        header, at = {"__metadata__": task.metadata(contract)}, 0
        for name, code, shape, memory in blocks:
            header[name] = {"dtype": code, "shape": list(shape), "data_offsets": [at, at + len(memory)]}
            at += len(memory)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        self._wait_for_room(8 + len(text) + at)
        name = f"rank={task.rank:05d}-of-{task.world:05d}.safetensors"
        self._publish(self._folder(task) / name, [struct.pack("<Q", len(text)), text, *(memory for *_, memory in blocks)])

    def _wait_for_room(self, size: int) -> None:
        """Back-pressure: the trainer waits while the spool is full."""
        deadline = time.monotonic() + self.wait_seconds
        while _bytes_under(self.root) + size > self.max_bytes:
            if time.monotonic() > deadline:
                raise SketchError(f"{self.root}: full ({self.max_bytes} bytes) for {self.wait_seconds} s; is the projection job running?")
            time.sleep(0.05)

    def _publish(self, path: Path, chunks) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        with open(temporary, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def _shape(tensor) -> list[int]:
    return list(tensor.shape) if hasattr(tensor, "shape") and tensor.shape is not None else [len(tensor)]


def _memory(values: _Values):
    if values.is_cuda:
        raise SketchError("write_gradient: expected tensors on the host; call .cpu() first")
    width = 4 if values.code == 0 else 2
    return (ctypes.c_char * (values.count * width)).from_address(values.address) if values.count else b""


def _cut_json(cut: Cut) -> dict:
    strided = {"row_len": cut.row_len, "row_stride": cut.row_stride} if cut.row_len else {}
    return {"offset": cut.offset, "full_shape": list(cut.full_shape), **strided}


def _bytes_under(root: Path) -> int:
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                pass
    return total


def main(arguments: list[str]) -> int:
    """`socratic_sketch.py FILE [REFERENCE ...] [--seed N] [--k N] [--s N]`: the sketch's bytes to stdout, facts to stderr."""
    import argparse

    parser = argparse.ArgumentParser(description="Sketch of a safetensors gradient, as raw little-endian floats.")
    parser.add_argument("file")
    parser.add_argument("references", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--k", type=int, default=4096)
    parser.add_argument("--s", type=int, default=4)
    options = parser.parse_args(arguments)
    sketcher = Sketcher(options.seed, options.k, options.s)
    sketcher.add_safetensors(options.file, options.references)
    sys.stdout.buffer.write(sketcher.finish().tobytes())
    print(json.dumps({"isa": sketcher.isa, "stats": json.loads(sketcher.stats_json())}), file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SketchError as error:
        sys.exit(f"socratic_sketch: {error}")

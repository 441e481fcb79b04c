"""What a user would pick instead, in one process with the library: prints name<TAB>seconds<TAB>times slower<TAB>goal.

Nothing of TRAK, fast_jl or sjlt is used: their documented algorithms are written here in torch, as a user would call them.
"""

import ctypes
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pipeline" / "sketch" / "py"))
import socratic_sketch as sk  # noqa: E402

COUNT, BATCH = 244 * 4096, 16
LIBRARY = sk.load_library()


def seconds(work, repeats: int = 1) -> float:
    """Best processor time of one call, on one thread."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def ours(rows, k: int, s: int = 4) -> float:
    """Projection alone, as in the baselines: no norms, no dots."""
    sketcher = sk.Sketcher(seed=1, k=k, s=s, library=LIBRARY)
    pieces = [sketcher._piece("w", sk._Values.of(row), None) for row in rows]

    def work():
        for piece in pieces:
            sketcher.reset()
            sk._check(LIBRARY, LIBRARY.sk_add(sketcher._context, sketcher._totals, None, ctypes.byref(piece), 1, None, None, 0))
            sketcher.finish()

    return seconds(work, 9)


def trak_style(rows, k: int, block: int, fill) -> None:
    """A matrix of d x block made anew for each block and each call."""
    generator, matrix = torch.Generator(), torch.empty(COUNT, block)
    for start in range(0, k, block):
        generator.manual_seed(start)
        fill(matrix, generator)
        rows @ matrix[:, : min(block, k - start)]


def rademacher(matrix, generator) -> None:
    matrix.bernoulli_(0.5, generator=generator).mul_(2).sub_(1)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = torch.randn(BATCH, COUNT)
    fast = {k: ours(rows, k) for k in (512, 4096)}
    for k, value in fast.items():
        print(f"ours k={k} s=4\t{value:.4f}\t1\t", flush=True)

    def report(name: str, k: int, value: float, goal: str) -> None:
        print(f"{name}\t{value:.4f}\t{value / fast[k]:.1f}\t{goal}", flush=True)

    normal = seconds(lambda: trak_style(rows, 512, 100, lambda matrix, generator: matrix.normal_(generator=generator)))
    report("TRAK-style torch projector, normal, k=512", 512, normal, ">= 500")
    report("TRAK-style torch projector, Rademacher, k=512", 512, seconds(lambda: trak_style(rows, 512, 128, rademacher)), ">= 500")
    matrix = torch.empty(COUNT, 512).normal_()
    report("torch matmul, matrix in memory, k=512", 512, seconds(lambda: rows @ matrix, 2), ">= 60")
    del matrix
    index, sign = torch.randint(0, 4096, (COUNT,)), torch.randint(0, 2, (COUNT,)).mul(2).sub(1).float()
    add = seconds(lambda: torch.zeros(BATCH, 4096).index_add_(1, index, rows * sign), 2)
    report("torch index_add_, one non-zero, k=4096", 4096, add, "")
    try:
        from sklearn.random_projection import SparseRandomProjection
    except ImportError:
        print("scikit-learn: not here\t\t\t")
        return
    projection = SparseRandomProjection(n_components=4096, dense_output=True, random_state=0).fit(np.zeros((1, COUNT), dtype=np.float32))
    dense = rows.numpy()
    together = seconds(lambda: projection.transform(dense), 2)
    report("scikit-learn transform, 16 gradients in one call, k=4096", 4096, together, "")
    arriving = seconds(lambda: [projection.transform(dense[i : i + 1]) for i in range(BATCH)], 2)
    report("scikit-learn transform, one gradient a call, as they arrive, k=4096", 4096, arriving, ">= 40")


if __name__ == "__main__":
    main()

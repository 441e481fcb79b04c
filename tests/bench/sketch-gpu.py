"""The check for whoever has an NVIDIA GPU: `make gpu-check` (needs nvcc for the build, torch with CUDA here).

1. Bits: three dtypes, k in 512..8192, s in 2 and 4, pieces with odd cuts, against the CPU; the golden hash.
2. compute-sanitizer (memcheck, racecheck, synccheck) over the same, where it is installed.
3. Time per gradient of 4e7 bf16 values with rotating inputs (events, median of 50), against torch index_add_ and a
   chunked product. `--emulated LIBRARY` runs part 1 on the host emulator, to check this file.
"""

import argparse
import ctypes
import hashlib
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pipeline" / "sketch" / "py"))
import socratic_sketch as sk  # noqa: E402

GOLDEN_SEED, GOLDEN = 0x8AF400FFE179B452, "f7d1c2e13be7eeb8920da5c95b3fc2e7f4ed8c076a778255f33af5b46889aaf1"


class DeviceSketch:
    """sk_cuda_add on tensors of one device, without the statistics that Sketcher adds."""

    def __init__(self, library, device: str, seed: int, k: int, s: int):
        self.library, self.device, self.sketcher = library, device, sk.Sketcher(seed=seed, k=k, s=s, library=library)
        self.totals = torch.zeros(k, dtype=torch.float64, device=device)
        size = ctypes.c_uint64()
        empty = sk._Piece(0, 0, 0, 0, 0, 0, 0, 1)
        sk._check(library, library.sk_cuda_workspace(self.sketcher._context, ctypes.byref(empty), 1, ctypes.byref(size)))
        self.workspace = torch.empty(size.value, dtype=torch.uint8, device=device)

    def add(self, name: str, values, cut=None) -> None:
        piece = self.sketcher._piece(name, sk._Values.of(values), cut)
        piece.device = 1
        stream = torch.cuda.current_stream().cuda_stream if self.device != "cpu" else None
        sk._check(self.library, self.library.sk_cuda_add(self.sketcher._context, self.totals.data_ptr(), self.workspace.data_ptr(), ctypes.byref(piece), 1, stream))

    def bytes(self) -> bytes:
        return self.totals.cpu().numpy().tobytes()


def golden_input():
    wrapped = (torch.arange(96 * 4096, dtype=torch.int64) * 2654435761) % 2**32
    return torch.where(wrapped >= 2**31, wrapped - 2**32, wrapped).to(torch.float32) * 2.0**-31


def check_bits(library, device: str) -> None:
    golden = DeviceSketch(library, device, GOLDEN_SEED, 4096, 4)
    golden.add("golden", golden_input().to(device))
    assert hashlib.sha256(golden.bytes()).hexdigest() == GOLDEN, "golden hash differs"
    torch.manual_seed(1)
    for k in (512, 2048, 4096, 8192):
        for s in (2, 4):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                values = torch.randn(40 * 4096 + 11).to(dtype)
                cuts = [(values, None), (values[3:5000].clone(), sk.Cut((10**12,), 2**34 + 5)), (values[: 70 * 90].clone(), sk.Cut((90, 300), 130, 70, 300))]
                there, here = DeviceSketch(library, device, 5, k, s), sk.Sketcher(seed=5, k=k, s=s, library=library)
                for i, (part, cut) in enumerate(cuts):
                    there.add(f"w{i}", part.to(device), cut)
                    here.add(f"w{i}", part, cut)
                assert there.bytes() == bytes(here.totals()), f"bits differ: k={k} s={s} {dtype}"
    print(f"bits on {device}: golden hash, 4 k x 2 s x 3 dtypes x 3 cuts equal the CPU's")


def sanitize() -> None:
    tool = shutil.which("compute-sanitizer")
    if tool is None:
        return print("compute-sanitizer: not installed, not run")
    for kind in ("memcheck", "racecheck", "synccheck"):
        subprocess.run([tool, "--tool", kind, "--error-exitcode", "9", sys.executable, __file__, "--bits-only"], check=True, stdout=subprocess.DEVNULL)
        print(f"compute-sanitizer {kind}: clean")


def microseconds(work, repeats: int = 50) -> float:
    """Median time of one call; the inputs rotate, so that no cache holds them."""
    times = []
    for i in range(repeats + 5):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        work(i)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1000)
    return statistics.median(times[5:])


def measure(library) -> None:
    n, batch = 40_000_000, 8
    inputs = [torch.randn(n, device="cuda").bfloat16() for _ in range(batch)]
    print(torch.cuda.get_device_name(), f"gradient of {n} bf16 values")
    for s, goal in ((4, 62), (2, 40)):
        each = DeviceSketch(library, "cuda", 1, 4096, s)
        print(f"  k=4096 s={s}: {microseconds(lambda i: each.add('w', inputs[i % batch])):.1f} us   goal <= {goal} us")
    index, sign = torch.randint(0, 4096, (n,), device="cuda"), torch.randint(0, 2, (n,), device="cuda").mul(2).sub(1).bfloat16()
    out = torch.zeros(4096, device="cuda")
    print(f"  torch index_add_, one non-zero: {microseconds(lambda i: out.zero_().index_add_(0, index, (inputs[i % batch] * sign).float()), 10):.0f} us")
    matrix = torch.empty(100_000, 4096, device="cuda", dtype=torch.bfloat16).bernoulli_(0.5).mul_(2).sub_(1)

    def chunked(i):
        for start in range(0, n, 100_000):
            inputs[i % batch][None, start:start + 100_000] @ matrix

    print(f"  chunked product, matrix in memory, k=4096: {microseconds(chunked, 5):.0f} us")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--emulated", metavar="LIBRARY")
    parser.add_argument("--bits-only", action="store_true")
    options = parser.parse_args()
    library = sk.load_library(options.emulated)
    if options.emulated:
        return check_bits(library, "cpu")
    if not torch.cuda.is_available():
        sys.exit("gpu-check: torch sees no CUDA device here; nothing was checked")
    torch.zeros(1, device="cuda")
    check_bits(library, "cuda")
    if not options.bits_only:
        sanitize()
        measure(library)


if __name__ == "__main__":
    main()

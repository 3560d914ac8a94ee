"""Run a program in two processes that train together."""

import os
import subprocess
import sys
from pathlib import Path

END = """
import os
import torch.distributed
torch.distributed.barrier()  # who ends while the other still talks to it makes the other abort
torch.distributed.destroy_process_group()
os._exit(0)  # at Python's own end PyTorch's threads now and then abort what was done well
"""
COURSE = Path(__file__).resolve().parents[2]


def in_two_processes(program: str, folder: Path, size: int) -> None:
    """Run `program folder size` in two processes; fail with what they said if one of them fails."""
    script = folder / "program.py"
    script.write_text(program + END, encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    alone = {"PYTHONPATH": str(COURSE), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        [*command, "--standalone", str(script), str(folder), str(size)],
        env=os.environ | alone | {"MMTUTOR_HEADLESS": "1"},
        cwd=COURSE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr

"""The installed command as a process of its own, with a configuration of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

from .ours import TOKEN
from .standin import StandIn

NTBCARE = str(Path(sys.executable).with_name("ntbcare"))


def configured(folder: Path, graph: StandIn) -> tuple[list[str], dict[str, str]]:
    """A command line to begin with, and its environment, for an empty migrated store in `folder`."""
    config = folder / "connector.toml"
    config.write_text(
        f'[store]\nurl = "sqlite:///{folder / "bench.db"}"\n[graph]\nbase_url = "{graph.address}"\n'
        f"[daemon]\nmetrics_port = 0\n"
        f'[[accounts]]\nkey = "page1"\nplatform = "facebook"\nid = "{graph.page}"\nname = "Bulk 1"\n'
        f'token_env = "{TOKEN}"\n'
        'streams = ["posts", "comments", "visitor_posts", "messages"]\nevery_seconds = 60\n'
    )
    environment = {**os.environ, TOKEN: graph.token}
    command = [NTBCARE, "--config", str(config)]
    subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return command, environment


def peak_of(command: list[str], environment: dict[str, str]) -> tuple[int, float]:
    """Runs a command to its end; its peak resident memory in MiB, by the kernel's own mark, and the seconds it took."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
            time.sleep(0.02)
    assert process.returncode == 0, process.returncode
    return peak // 1024, time.perf_counter() - began

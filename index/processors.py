"""How many processors this process may use."""

import math
import os
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def processors() -> int:
    """Return the number of processors in the affinity of this process, or fewer if its cgroup has a quota.

    `taskset`, containers and batch systems allow fewer than `os.cpu_count` returns. joblib counts the same way.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, _quota(allowed))


def _quota(otherwise: int) -> int:
    """Return the quota of the cgroup in whole processors, `otherwise` if it has none."""
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):  # version 2, else 1
        with suppress(OSError, ValueError):  # there is no such file, or the quota is `max`
            quota, period = (int(part) for file in files for part in (CGROUPS / file).read_text().split())
            if quota > 0:  # -1 is no quota
                return math.ceil(quota / period)
    return otherwise

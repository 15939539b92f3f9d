"""Stands in for ssh: runs `borg serve` on this machine and notes what it cost.

borg calls it as `borg_pipe.py REPORT HOST borg serve ...`. The children's counters include what
`borg serve` read from its disk, about 7 MB of it Python itself, so `bytes` is too high for borg.
"""

import json
import os
import resource
import sys
from pathlib import Path


def main() -> None:
    report, _, *command = sys.argv[1:]
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status = os.waitpid(child, 0)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    io = dict(line.split(": ") for line in Path("/proc/self/io").read_text("ascii").splitlines())
    cost = {
        "cpu": usage.ru_utime + usage.ru_stime,
        "rss": usage.ru_maxrss * 1024,
        "bytes": int(io["rchar"]),
    }
    Path(report).write_text(json.dumps(cost), encoding="utf-8")
    sys.exit(os.waitstatus_to_exitcode(status))


main()

"""A machine that systemd runs, without leaving this one: namespaces, and an overlay of our disk.

What is written in it is gone with it. It shares our network, so that it reaches a server of ours.
Only root can make one, where there is a cgroup v2 hierarchy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BOOT_SECONDS = 60
TARGET = """[Unit]
Description=What the tests need
Requires=basic.target
After=basic.target
Wants=dbus.service systemd-logind.service
AllowIsolate=yes
"""
# Nothing may write to the kernel's own switches, or wait for disks that are not there.
MASKED = (
    "systemd-sysctl.service", "systemd-modules-load.service", "systemd-udevd.service",
    "systemd-udev-trigger.service", "systemd-remount-fs.service", "systemd-random-seed.service",
    "systemd-timesyncd.service", "timers.target", "swap.target", "networking.service",
)  # fmt: skip
BOOT = r"""
set -e
place=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place"/upper "$place"/work "$place"/root
mount -t overlay overlay -o lowerdir=/,upperdir="$place"/upper,workdir="$place"/work "$place"/root
cd "$place"/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=1777 tmpfs var/tmp
for node in null zero full random urandom tty loop-control loop0 loop1 loop2 loop3; do
    [ -e /dev/$node ] && cp -a /dev/$node dev/ || true
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
for shared in "$@"; do mkdir -p ".$shared"; mount --rbind "$shared" ".$shared"; done
rm -rf opt/csb var/lib/csbackup usr/local/bin/csb etc/systemd/system/csbackup.service*
printf '%s' "$TARGET" > etc/systemd/system/csb-test.target
for unit in $MASKED; do ln -sf /dev/null etc/systemd/system/$unit; done
echo 'tests:x:54321:54321::/home/tests:/bin/sh' >> etc/passwd
echo 'tests:x:54321:' >> etc/group
echo 'tests:*:19000:0:99999:7:::' >> etc/shadow
mkdir -p home/tests && chown 54321:54321 home/tests
: > etc/fstab
mkdir -p .old && pivot_root . .old
umount -l /.old && rmdir /.old
exec env -i container=csb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/lib/systemd/systemd --system --log-target=null --unit=csb-test.target
"""


@dataclass(frozen=True)
class Booted:
    """`process`: its first one, as we see it."""

    process: int

    def run(
        self, *command: str, person: bool = False, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it there, as root or as an ordinary person."""
        words: Sequence[str] = ("nsenter", f"--target={self.process}", "--all", "--root", "--wd")
        if person:
            words = (*words, "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
            environment = {"HOME": "/home/tests", "USER": "tests", "LOGNAME": "tests"} | environment
        else:
            environment = {"HOME": "/root", "USER": "root"} | environment
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        given = [f"{name}={value}" for name, value in environment.items()]
        return subprocess.run(
            [*words, "env", "-i", f"PATH={path}", "LANG=C.UTF-8", *given, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def property(self, name: str, unit: str = "csbackup.service") -> str:
        return self.run("systemctl", "show", unit, f"--property={name}", "--value").stdout.strip()

    def journal(self) -> str:
        return self.run("journalctl", "--no-pager", "-n", "60").stdout


def why_not() -> str:
    """Why a machine cannot be booted here; empty when it can."""
    if os.geteuid() != 0:
        return "only root can boot a machine in namespaces"
    if not Path("/usr/lib/systemd/systemd").exists():
        return "systemd is not installed"
    if shutil.which("nsenter") is None or shutil.which("unshare") is None:
        return "util-linux is not installed"
    if hierarchy() is None:
        return "there is no cgroup v2 hierarchy"
    return ""


def hierarchy() -> Path | None:
    """Where cgroup v2 is mounted."""
    for line in Path("/proc/mounts").read_text().splitlines():
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1])
    return None


@contextmanager
def booted_machine(*shared: Path) -> Iterator[Booted]:
    """Boot it; `shared` are folders that it has in common with us."""
    top = hierarchy()
    assert top is not None
    group = top / f"csb-test-{os.getpid()}-{time.monotonic_ns()}"
    group.mkdir()
    place = Path(tempfile.mkdtemp(prefix="csb-booted-"))
    process = subprocess.Popen(
        ["sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec unshare --pid --fork --kill-child '
         '--mount --cgroup --ipc --uts bash -c "$BOOT" boot "$@"', str(group), str(place),
         *map(str, shared)],
        env=os.environ | {"BOOT": BOOT, "TARGET": TARGET, "MASKED": " ".join(MASKED)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield _wait_for(process)
    finally:
        process.kill()
        process.communicate()
        _remove_groups(group)
        place.rmdir()


def _wait_for(process: subprocess.Popen[bytes]) -> Booted:
    ending = time.monotonic() + BOOT_SECONDS
    said = ""
    while time.monotonic() < ending and process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            booted = Booted(int(children[0]))
            asked = booted.run("systemctl", "is-active", "csb-test.target", "systemd-logind")
            said = asked.stdout + asked.stderr
            if asked.stdout.split() == ["active", "active"]:
                return booted
        time.sleep(0.3)
    process.kill()
    assert process.stdout is not None
    raise AssertionError(f"systemd did not come up: {said} {process.stdout.read().decode()}")


def _remove_groups(group: Path) -> None:
    """Its processes are gone a moment after their first one."""
    for _ in range(100):
        for folder, _, _ in os.walk(group, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
        if not group.exists():
            return
        time.sleep(0.1)

"""Run a command as on an older Linux: every newer system call answers that there is none.

    python old_kernel.py 3.10 COMMAND...

The numbers are those of x86-64. `uname` answers 2.6, which OpenSSL looks at to know whether it may
read random bytes from a device; so COMMAND cannot be a program whose C library wants a newer one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

_FIRST_SEEN = {
    314: (3, 14), 315: (3, 14), 316: (3, 15), 317: (3, 17), 318: (3, 17), 319: (3, 17),
    320: (3, 17), 321: (3, 18), 322: (3, 19), 323: (4, 3), 324: (4, 3), 325: (4, 4), 326: (4, 5),
    327: (4, 6), 328: (4, 6), 329: (4, 9), 330: (4, 9), 331: (4, 9), 332: (4, 11), 333: (4, 18),
    334: (4, 18), **dict.fromkeys(range(424, 480), (5, 1)),
}  # fmt: skip
_LOAD_NUMBER, _IF_EQUAL, _ANSWER = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_OLD_NAME = 0x0020000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def forget(kernel: tuple[int, ...]) -> None:
    """From now on, this process and its children are on that kernel."""
    missing = sorted(number for number, seen in _FIRST_SEEN.items() if seen > kernel)
    steps = [_step(_LOAD_NUMBER, 0, 0)]
    steps += [
        _step(_IF_EQUAL, number, len(missing) - index) for index, number in enumerate(missing)
    ]
    steps += [_step(_ANSWER, _ALLOW, 0), _step(_ANSWER, _REFUSE | errno.ENOSYS, 0)]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = _Program(len(steps), ctypes.addressof(code))
    system = ctypes.CDLL(None, use_errno=True)
    system.personality(_OLD_NAME)
    for call in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program))):
        if system.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _step(code: int, value: int, jump: int) -> bytes:
    return struct.pack("HBBI", code, jump, 0, value)


if __name__ == "__main__":
    forget(tuple(int(part) for part in sys.argv[1].split(".")))
    os.execvp(sys.argv[2], sys.argv[2:])

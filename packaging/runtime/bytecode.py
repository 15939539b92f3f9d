"""Turn a folder of Python sources into bytecode that is never checked against them.

Run by the very Python whose bytecode it makes, on folders given as arguments. Sources go away,
unless `--keep-sources`; bytecode then lies in `__pycache__`, where Python looks for it. `--lean` is
for what others wrote: without what only its developers read, which would lie in memory.
"""

import compileall
import py_compile
import shutil
import sys
from pathlib import Path


def compile_folder(folder: Path, *, keep_sources: bool, lean: bool) -> bool:
    done = compileall.compile_dir(
        folder,
        quiet=2,
        legacy=not keep_sources,
        optimize=2 if lean else 0,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not keep_sources:
        for source in folder.rglob("*.py"):
            if source.with_suffix(".pyc").is_file():
                source.unlink()
        for cache in list(folder.rglob("__pycache__")):
            shutil.rmtree(cache)
    return bool(done)


if __name__ == "__main__":
    keep, lean = "--keep-sources" in sys.argv, "--lean" in sys.argv
    folders = [Path(one) for one in sys.argv[1:] if not one.startswith("--")]
    sys.exit(
        0 if all([compile_folder(one, keep_sources=keep, lean=lean) for one in folders]) else 1
    )

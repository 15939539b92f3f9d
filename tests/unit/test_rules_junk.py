"""What is pointed out as seldom worth a backup, and what is left in peace."""

import pytest

from csbackup.rules.junk import judge_file, judge_folder


@pytest.mark.parametrize(
    ("path", "names", "beside", "kind"),
    [
        (b"/p/node_modules", (), (), "packages of Node.js"),
        (b"/home/ada/.npm", (), (), "package cache"),
        (b"/home/ada/.cargo/registry", (), (), "package cache"),
        (b"/home/ada/.gradle", (b"daemon",), (), "package cache"),
        (b"/home/ada/.gradle/caches", (), (), "package cache"),
        (b"/home/ada/.m2/repository", (), (), "package cache"),
        (b"/home/ada/Downloads", (), (), "downloads"),
        (b"/home/ada/.mozilla/firefox/x/cache2", (), (), "cache of a program"),
        (b"/p/env", (b"pyvenv.cfg", b"bin"), (), "environment of Python"),
        (b"/p/target", (), (b"Cargo.toml",), "build output"),
        (b"/p/build", (b"CMakeCache.txt",), (), "build output"),
        (b"/var/lib/docker", (), (), "images of Docker"),
        (b"/home/ada/.local/share/Steam/steamapps", (), (), "games of Steam"),
        (b"/home/ada/.local/share/flatpak", (), (), "programs of Flatpak"),
        (b"/home/ada/.local/share/Trash", (), (), "trash"),
        (b"/mnt/.Trash-1000", (), (), "trash"),
        (b"/x", (b"CACHEDIR.TAG",), (), "cache (CACHEDIR.TAG)"),
    ],
)
def test_junk_is_known_by_its_names(
    path: bytes, names: tuple[bytes, ...], beside: tuple[bytes, ...], kind: str
) -> None:
    found = judge_folder(path, names, beside)

    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("path", "names", "beside"),
    [
        (b"/home/ada/build", (b"house.pdf",), ()),
        (b"/home/ada/target", (), (b"thesis.odt",)),
        (b"/p/.git", (b"objects",), ()),
        (b"/home/ada/.cargo", (b"registry", b"config.toml"), ()),
        (b"/home/ada/.gradle", (b"caches",), ()),
        (b"/home/ada/registry", (), ()),
        (b"/home/ada/docker", (), ()),
        (b"/home/ada/cache of letters", (), ()),
    ],
)
def test_what_may_be_somebodys_work_is_not_junk(
    path: bytes, names: tuple[bytes, ...], beside: tuple[bytes, ...]
) -> None:
    assert judge_folder(path, names, beside) is None


def test_images_are_known_by_their_ending() -> None:
    assert [
        bool(judge_file(name, size))
        for name, size in [
            (b"debian.ISO", 1), (b"win.qcow2", 1), (b"card.img", 9_000_000), (b"icon.img", 100),
            (b"iso", 1), (b"letter.odt", 9**12),
        ]
    ] == [True, True, True, False, False, False]  # fmt: skip


def test_a_pattern_leaves_out_what_was_pointed_out_as_it_is_written() -> None:
    found = judge_file(b"debian.ISO", 1)

    assert found is not None
    assert found.pattern == "*.ISO"

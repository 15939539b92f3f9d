"""Makes and checks releases of the client: keys, manifest, signatures.

python packaging/release keys new first.pem spare.pem --pin release-keys.json
python packaging/release make dist --key first.pem --pinned release-keys.json
python packaging/release sign dist/1.4.0 --key first.pem
python packaging/release verify dist/1.4.0 --keys release-keys.json
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parent))  # its modules, wherever it is started

from building import build_bundles
from keys import PASSPHRASE, new_key, read_key
from signing import Plan, pack_with_gzip, sign_folder, verify_folder

from csbackup.errors import CsbError
from csbackup.format.releases import read_pinned, read_version, write_pinned, write_time

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group(context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]})
def release() -> None:
    """Make and check releases of the client.

    \b
    Two keys are pinned in every client. Either one signs releases; keep the spare one elsewhere,
    offline. To replace a key, sign one release with both old keys and name the new ones
    (--new-keys). Whoever has a private key can make programs that every client takes.
    """


@release.group("keys")
def keys_group() -> None:
    """Make and show release keys."""


@keys_group.command("new")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--passphrase", is_flag=True, help=f"Ask for one; or set {PASSPHRASE}.")
@click.option("--pin", type=_FILE, help="Write the public keys there, for the assembler.")
def keys_new(files: tuple[Path, ...], passphrase: bool, pin: Path | None) -> None:
    """Make a private key in each of FILES (mode 0600), and print the public ones.

    \b
    Example:
      python packaging/release keys new first.pem spare.pem --passphrase --pin release-keys.json
    """
    said = os.environ.get(PASSPHRASE, "")
    if passphrase and not said:
        said = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    publics = [new_key(path, said) for path in files]
    for path, public in zip(files, publics, strict=True):
        click.echo(f"{public.hex()}  {path}")
    if pin is not None:
        pin.write_bytes(write_pinned(publics))


@keys_group.command("show")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--pin", type=_FILE, help="Write the public keys there, for the assembler.")
def keys_show(files: tuple[Path, ...], pin: Path | None) -> None:
    """Print the public keys of private ones.

    \b
    Example:
      python packaging/release keys show first.pem spare.pem --pin release-keys.json
    """
    publics = [read_key(path).public_key().public_bytes_raw() for path in files]
    for path, public in zip(files, publics, strict=True):
        click.echo(f"{public.hex()}  {path}")
    if pin is not None:
        pin.write_bytes(write_pinned(publics))


@release.command("make")
@click.argument("folder", type=_FILE)
@click.option("--key", "key_files", multiple=True, required=True, type=_FILE, help="Signs it.")
@click.option("--pinned", required=True, type=_FILE, help="The release-keys.json that clients get.")
@click.option("--target", "targets", multiple=True, help="Such as linux-arm64; without it, all.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650),
              help="After so many days no client updates to it any more.")  # fmt: skip
@click.pass_context
def make(context: click.Context, folder: Path, pinned: Path, targets: tuple[str, ...],
         **signing: Any) -> None:  # fmt: skip
    """Build the client of this source for all machines, and sign it: FOLDER/VERSION.

    \b
    Example:
      python packaging/release make dist --key first.pem --pinned release-keys.json
      csb-server releases add dist/0.1.0 --data /srv/csb
    """
    made = build_bundles(folder, pinned, targets)
    context.invoke(sign, folder=made, new_keys=None, channel="stable", min_version="0.0.0",
                   no_gzip=False, **signing)  # fmt: skip


@release.command("sign")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--key", "key_files", multiple=True, required=True, type=_FILE, help="May be given twice."
)
@click.option("--channel", default="stable", show_default=True)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650),
              help="After so many days no client updates to it any more.")  # fmt: skip
@click.option("--min-version", default="0.0.0", show_default=True,
              help="The oldest version that can be updated to this one.")  # fmt: skip
@click.option("--new-keys", type=_FILE, help="A release-keys.json: clients pin these from then on.")
@click.option("--no-gzip", is_flag=True, help="Make no .tar.gz for machines without xz.")
def sign(folder: Path, key_files: tuple[Path, ...], new_keys: Path | None, **flags: Any) -> None:
    """Write manifest.json and manifest.sig for the bundles in FOLDER.

    Signing again, with a later end, needs no other files: servers take the new manifest.

    \b
    Examples:
      python packaging/release sign dist/1.4.0 --key first.pem
      python packaging/release sign dist/1.4.0 --key first.pem --key spare.pem --new-keys new.json
    """
    privates = [read_key(path) for path in key_files]
    pinned = read_pinned(new_keys.read_bytes()) if new_keys else ()
    if not flags["no_gzip"]:
        pack_with_gzip(folder)
    least = read_version(flags["min_version"])
    plan = Plan(flags["channel"], time.time_ns(), flags["days"], least, pinned)
    manifest = sign_folder(folder, plan, privates)
    click.echo(f"Release {manifest.version}, until {write_time(manifest.expires_ns)[:10]}:")
    for target, file in sorted(manifest.files.items()):
        click.echo(f"  {target:18} {file.size / 1e6:7.1f} MB  {file.sha256}  {file.name}")


@release.command("verify")
@click.argument("folder", type=_FOLDER)
@click.option("--keys", "keys_file", required=True, type=_FILE, help="The release-keys.json.")
def verify(folder: Path, keys_file: Path) -> None:
    """Check FOLDER as a client would: signature, hashes, end. 0 good, 1 expired, 2 not to be used.

    \b
    Example:
      python packaging/release verify dist/1.4.0 --keys release-keys.json
    """
    finding = verify_folder(folder, read_pinned(keys_file.read_bytes()), time.time_ns())
    for line in (*finding.problems, *finding.remarks):
        click.echo(f"{folder}: {line}.", err=True)
    if finding.problems:
        raise click.exceptions.Exit(2)
    if finding.remarks:
        raise click.exceptions.Exit(1)
    click.echo(f"Release {finding.manifest.version} is signed and whole.")


def main() -> None:
    try:
        sys.exit(release.main(prog_name="release", standalone_mode=False) or 0)
    except click.ClickException as problem:
        problem.show()
    except CsbError as problem:
        click.echo(f"release: {problem}", err=True)
    except click.Abort:
        click.echo("Stopped.", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()

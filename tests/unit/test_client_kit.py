"""The recovery kit, and what has to be right before an account is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from csbackup.client.cli.kit import recovery_kit_text
from csbackup.client.cli.program import Invocation, program
from csbackup.errors import PathProblem, RequestError


def test_the_kits_commands_quote_a_name_with_a_space() -> None:
    text = recovery_kit_text("https://nas:8443", "a" * 64, "anna maria", "KEY")

    assert "--account 'anna maria'" in text


def test_a_device_name_that_cannot_be_is_refused_before_the_account_is_made(
    tmp_path: Path,
) -> None:
    command = ["register", "https://127.0.0.1:1", "--account", "ada", "--device", "a/b"]
    environment = {"CSB_HOME": str(tmp_path), "CSB_PASSWORD": "correct horse battery"}

    with pytest.raises(RequestError, match="The device has a name"):
        CliRunner().invoke(
            program, command, obj=Invocation(), env=environment, catch_exceptions=False
        )


@pytest.mark.parametrize("name", ["there", "no-such-folder/kit.txt"])
def test_a_kit_that_cannot_be_written_ends_no_recovery_key(tmp_path: Path, name: str) -> None:
    (tmp_path / "there").write_text("mine")
    command = ["recovery-kit", "--to", str(tmp_path / name)]
    environment = {"CSB_HOME": str(tmp_path / "home")}

    with pytest.raises(PathProblem, match="[Nn]othing was changed"):
        CliRunner().invoke(
            program, command, obj=Invocation(), env=environment, catch_exceptions=False
        )

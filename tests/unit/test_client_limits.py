"""How often a run makes itself safe, as the environment says."""

import pytest

from csbackup.client.backup.context import Limits, limits_from
from csbackup.client.config import SettingInvalid, seconds_from


def test_without_a_word_the_limits_are_the_usual_ones() -> None:
    assert limits_from({"CSB_CHECKPOINT_SECONDS": ""}) == Limits()


def test_the_environment_says_when_a_checkpoint_is_due() -> None:
    limits = limits_from({"CSB_CHECKPOINT_SECONDS": "60", "CSB_CHECKPOINT_BYTES": "1000000"})

    assert (limits.checkpoint_seconds, limits.checkpoint_bytes) == (60, 1_000_000)


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1.5", "1e3", "٣", "9" * 30])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(SettingInvalid, match="CSB_CHECKPOINT_BYTES"):
        limits_from({"CSB_CHECKPOINT_BYTES": value})


def test_a_time_may_be_a_fraction() -> None:
    assert seconds_from({"CSB_FILE_TIMEOUT": "0.5"}, "CSB_FILE_TIMEOUT", 30) == 0.5
    assert seconds_from({}, "CSB_FILE_TIMEOUT", 30) == 30


@pytest.mark.parametrize("value", ["0", "-1", "soon", "inf", "nan"])
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(SettingInvalid, match="CSB_FILE_TIMEOUT"):
        seconds_from({"CSB_FILE_TIMEOUT": value}, "CSB_FILE_TIMEOUT", 30)

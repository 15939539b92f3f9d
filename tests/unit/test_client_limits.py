"""How often a run makes itself safe, as the environment says."""

import pytest

from csbackup.client.backup.context import LimitInvalid, Limits, limits_from


def test_without_a_word_the_limits_are_the_usual_ones() -> None:
    assert limits_from({"CSB_CHECKPOINT_SECONDS": ""}) == Limits()


def test_the_environment_says_when_a_checkpoint_is_due() -> None:
    limits = limits_from({"CSB_CHECKPOINT_SECONDS": "60", "CSB_CHECKPOINT_BYTES": "1000000"})

    assert (limits.checkpoint_seconds, limits.checkpoint_bytes) == (60, 1_000_000)


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1.5", "1e3", "٣", "9" * 30])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(LimitInvalid, match="CSB_CHECKPOINT_BYTES"):
        limits_from({"CSB_CHECKPOINT_BYTES": value})

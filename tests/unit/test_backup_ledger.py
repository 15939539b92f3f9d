from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbackup.client.backup.ledger import Ledger
from csbackup.client.backup.stages import Fault, Stage


def test_a_batch_is_settled_only_when_all_before_it_are() -> None:
    ledger = Ledger()
    ledger.begin(1, 2)
    ledger.begin(2, 1)

    ledger.settle({2: 1})
    assert ledger.settled == 0
    ledger.settle({1: 1})
    assert ledger.settled == 0
    ledger.settle({1: 1})
    assert ledger.settled == 2


@given(st.lists(st.integers(0, 3), max_size=8), st.randoms(use_true_random=False))
def test_whatever_the_order_nothing_open_is_ever_settled(sizes: list[int], order: object) -> None:
    ledger = Ledger()
    items = [batch for batch, size in enumerate(sizes, 1) for _ in range(size)]
    for batch, size in enumerate(sizes, 1):
        ledger.begin(batch, size)
    order.shuffle(items)  # type: ignore[attr-defined]

    while items:
        ledger.settle({items.pop(): 1})
        assert all(batch > ledger.settled for batch in items)

    assert ledger.settled == len(sizes)


def test_a_failing_stage_stops_the_next_hand_over() -> None:
    fault = Fault()

    def fail(item: int) -> None:
        raise ValueError(item)

    stage: Stage[int] = Stage("test", lambda: fail, threads=1, fault=fault)
    stage.put(1)

    with pytest.raises(ValueError, match="1"):
        stage.wait()
    with pytest.raises(ValueError, match="1"):
        stage.put(2)
    stage.stop()

"""What stops a build: its message is for whoever builds."""


class BuildStopped(Exception):
    """The message says what is wrong with what, then what to do."""


class Drift(BuildStopped):
    """What the locks name is not what there is."""

    def __init__(self, differences: list[tuple[str, str, str]]) -> None:
        lines = [f"  {name}: locked {locked}, found {found}" for name, locked, found in differences]
        super().__init__(
            "\n".join(
                (
                    "The archive no longer has what the lock names:",
                    *lines,
                    "Refresh the locks with packaging/runtime/lock.py and review the change.",
                )
            )
        )
        self.differences = differences

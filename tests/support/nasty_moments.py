"""Nasty moments and places: what comes of each, and which test says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """`test`: its name in `tests/e2e/test_nasty_moments.py`, without `test_`."""

    outcome: str
    test: str


COMPLETE = "restored as it was"

MOMENTS: dict[str, Moment] = {
    "clock in 1970": Moment(
        "backed up; told: `clock-wrong`", "a_clock_far_behind_stops_neither_backup_nor_restore"
    ),
    "clock in 2000": Moment(
        "backed up; told: `clock-wrong`", "a_clock_far_behind_stops_neither_backup_nor_restore"
    ),
    "clock in 2090": Moment(
        "stops, and says why; earlier snapshots stay", "a_clock_decades_ahead_is_named"
    ),
    "clock that goes back between two runs": Moment(
        "every change is found", "a_clock_that_goes_back_hides_no_change"
    ),
    "files dated in the future": Moment("read once", "files_of_the_future_are_not_read_again"),
    "change within one tick of the clock": Moment(
        "found", "a_change_within_one_tick_of_the_clock_is_found"
    ),
    "file replaced again and again by a rename": Moment(
        "of one moment", "a_file_under_a_busy_writer_is_of_one_moment_or_named"
    ),
    "file rewritten in place again and again": Moment(
        "of one moment, or named: `changed-while-read`",
        "a_file_under_a_busy_writer_is_of_one_moment_or_named",
    ),
    "log that grows": Moment(
        "what was there", "a_file_under_a_busy_writer_is_of_one_moment_or_named"
    ),
    "files that come and go": Moment(
        "there, or named: `vanished`", "a_file_under_a_busy_writer_is_of_one_moment_or_named"
    ),
    "writer that waits at a FIFO": Moment(
        "never woken", "a_writer_that_waits_at_a_fifo_is_never_woken"
    ),
    "root that is a file": Moment(COMPLETE, "roots_of_every_kind"),
    "root that is a link": Moment("the link itself", "roots_of_every_kind"),
    "root that is a FIFO": Moment(COMPLETE, "roots_of_every_kind"),
    "root that is an empty folder": Moment(COMPLETE, "roots_of_every_kind"),
    "root inside another": Moment("backed up once", "roots_of_every_kind"),
    "file linked in two roots": Moment("one file again", "a_file_in_two_roots_is_one_file_again"),
    "root that is gone": Moment("named: `root-missing`", "a_root_that_is_gone_is_named"),
    "disk that is not mounted": Moment(
        "earlier snapshots keep what was on it",
        "a_disk_that_is_not_mounted_takes_nothing_from_earlier_snapshots",
    ),
    "our own state inside a root": Moment(
        "left out on purpose", "our_own_state_in_a_root_is_left_out"
    ),
    "mount inside a root": Moment(COMPLETE, "a_mount_inside_a_root"),
    "mount inside a root, with `--one-file-system`": Moment(
        "an empty folder", "a_mount_inside_a_root"
    ),
    "folder mounted into itself": Moment(
        "walked once more, and it ends", "a_folder_mounted_into_itself_ends"
    ),
    "files of `/proc` and `/sys`, of size 0 or 4,096": Moment(
        "restored with their content", "files_that_say_they_are_empty_come_back_with_their_content"
    ),
    "1,000,000 files in one folder": Moment(
        "restored; less than 200 MB of memory", "many_files_in_one_folder_need_little_memory"
    ),
    "full disk under our state": Moment(
        "stops, and says why; the next run goes on",
        "a_full_disk_under_our_state_stops_the_run_and_harms_nothing",
    ),
}

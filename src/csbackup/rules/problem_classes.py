"""The classes of problems that a run may meet: what to call each, and what a person can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

ProblemClass = Literal[
    # of a backup
    "permission-denied",
    "read-error",
    "not-answering",
    "root-missing",
    "endless",
    "changed-while-read",
    "attributes-too-long",
    "name-too-long",
    "vanished",
    "clock-wrong",
    "hook-failed",
    "read-live",
    "time-out-of-range",
    # of a restore
    "content-lacking",
    "attributes-lacking",
    "damaged",
    "listing-damaged",
    "unfinished-snapshot",
    "server-went-back",
    "not-written",
    "exists",
    "owner",
    "group",
    "links",
    "replaced",
    "mode",
    "times",
    "attributes",
]


@dataclass(frozen=True, slots=True)
class Advice:
    """`title` says what happened, `advice` what to do about it."""

    title: str
    advice: str


ADVICE: dict[ProblemClass, Advice] = {
    "permission-denied": Advice(
        "May not be read",
        "Run csb as somebody who may read it (as root for a whole machine), or leave it out with "
        "`csb exclude`.",
    ),
    "read-error": Advice(
        "Cannot be read",
        "The disk or network share may be failing: look at the system's log, check the disk "
        "(`smartctl -a`), and copy what matters elsewhere. The next backup tries again.",
    ),
    "not-answering": Advice(
        "Does not answer",
        "A network share or disk hangs: connect it again or unmount it. If it need not be backed "
        "up, leave it out with `csb exclude`, or stay on one disk with `csb add PATH "
        "--one-file-system`.",
    ),
    "root-missing": Advice(
        "Chosen, but not there",
        "Is a disk or share not connected? Connect it and back up again. If it is gone for good, "
        "`csb remove` takes it off the list; what was backed up stays.",
    ),
    "endless": Advice(
        "Goes on for ever",
        "It gives far more content than it says it has, as files of the kernel or of some "
        "programs do. It is no file to keep: leave it out with `csb exclude`.",
    ),
    "changed-while-read": Advice(
        "Changed while it was read",
        "What is kept may be a mixture of before and after. Close the program that writes it, or "
        "back up a copy that the program itself makes (a database dump). The next backup reads it "
        "again.",
    ),
    "attributes-too-long": Advice(
        "Kept without its extended attributes",
        "The content is kept. The attributes are longer than can be kept; `getfattr -d` shows "
        "them, if you need them elsewhere.",
    ),
    "name-too-long": Advice(
        "Has too long a path",
        "Rename or move it so that its path is shorter, or name a folder further down with "
        "`csb add`.",
    ),
    "vanished": Advice(
        "Was gone when it was to be read",
        "Usually a temporary file, and nothing to do. If there are many, leave their folder out "
        "with `csb exclude`.",
    ),
    "clock-wrong": Advice(
        "The clock is wrong",
        "Set this machine's clock (or let it be set from the network), so that times of backups "
        "and files can be trusted.",
    ),
    "hook-failed": Advice(
        "A command around the backup failed",
        "`csb log` shows what it printed, `csb hooks` what it is. What it should have made ready "
        "(a dump of a database) may be missing or old in this snapshot.",
    ),
    "read-live": Advice(
        "Read while it could change",
        "There was no still of its file system: files that belong together may be of different "
        "moments. `csb stills` says what can be had, and `csb stills off` asks for none.",
    ),
    "time-out-of-range": Advice(
        "Dated too far away",
        "Its content is kept, with the nearest time that can be: years 1677 to 2262. Set a time "
        "of this age with `touch`.",
    ),
    "content-lacking": Advice(
        "Its content cannot be had",
        "Ask the server's admin to run a scrub. Another snapshot may have it: `csb history PATH` "
        "lists the versions.",
    ),
    "attributes-lacking": Advice(
        "Restored without what was kept beside its content",
        "The contents are right. Extended attributes and access lists are lost, its group may do "
        "no more than everybody, and what was another name of a file is a file of its own. Another "
        "snapshot may have them (`csb history PATH`); ask the server's admin to run a scrub.",
    ),
    "damaged": Advice(
        "Damaged on the server",
        "It was not written, since it is not what was backed up. Restore it from another snapshot "
        "(`csb history PATH`), and ask the server's admin to run a scrub.",
    ),
    "listing-damaged": Advice(
        "A folder's listing is damaged",
        "What it lists could not be restored. Try another snapshot with --snapshot, and ask the "
        "server's admin to run a scrub.",
    ),
    "unfinished-snapshot": Advice(
        "Restored from an unfinished backup",
        "Files may be missing. Restore from the snapshot before it as well, with --to another "
        "folder.",
    ),
    "server-went-back": Advice(
        "The server may hide newer snapshots",
        "Another device of the account has seen more than the server shows now. What was restored "
        "is true, but may be old. Ask the admin whether the server was restored from an older "
        "copy.",
    ),
    "not-written": Advice(
        "Could not be written",
        "Check that you may write there and that the disk can hold such a file or name; or restore "
        "to another place with --to.",
    ),
    "exists": Advice(
        "Something else was in its place",
        "Both are there now: compare them and keep the right one. To replace what is there, "
        "restore with --overwrite.",
    ),
    "owner": Advice(
        "Belongs to somebody else than before",
        "Run the restore as root if owners matter. The contents are right.",
    ),
    "group": Advice(
        "Belongs to another group than before",
        "Run the restore as root, or as a member of that group. The contents are right.",
    ),
    "links": Advice(
        "Is a file of its own now",
        "It was another name of a file that could not be linked to; its content is right. Restore "
        "to one file system that has hard links.",
    ),
    "replaced": Advice(
        "Was replaced while it was restored",
        "Something else writes there at the same time. Stop it and run the restore again, or "
        "restore to another place with --to.",
    ),
    "mode": Advice(
        "Has other permissions than before",
        "The file system may not keep permissions; restore to one that does, or set them with "
        "`chmod`. The contents are right.",
    ),
    "times": Advice(
        "Has another time than before",
        "The file system may not keep such times. The contents are right.",
    ),
    "attributes": Advice(
        "Restored without some attributes",
        "Run the restore as root, to a file system that keeps extended attributes. The contents "
        "are right.",
    ),
}

_UNKNOWN = Advice("Of a class that this release does not know", "Update csb.")


def advice_on(kind: str) -> Advice:
    """What to say about a class; also about one that only another release knows."""
    return ADVICE.get(cast("ProblemClass", kind), _UNKNOWN)

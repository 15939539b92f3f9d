"""What a person may choose here, and what becomes of it: the same for the page and a terminal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from csbackup.client.backup.preview import FoundJunk, Pile
from csbackup.client.choosing.first_run import FirstRun
from csbackup.client.choosing.folders import check_there, for_people, outermost
from csbackup.client.choosing.measuring import Measure, Measurer
from csbackup.client.choosing.suggesting import Suggestion
from csbackup.client.config import Home
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.settings import load_settings, new_settings, save_settings
from csbackup.errors import NothingToBackUp, PathProblem
from csbackup.protocol import messages
from csbackup.rules.exclusion import check_pattern, pattern_of_place
from csbackup.rules.junk import comes_back

MOST_PLACES = 200
_JUNK_SHOWN = 40
_JUNK_BYTES = 1_000_000  # less is not worth a person's look

NOT_ASKED = messages.ServiceStanding("unknown", "", "")


class Choice:
    """`start_service`: have it back up by itself from now on, and say whether that worked."""

    def __init__(  # noqa: PLR0913  what it works with
        self,
        home: Home,
        device: EnrolledDevice,
        suggestions: Sequence[Suggestion],
        measurer: Measurer,
        run: FirstRun,
        start_service: Callable[[], messages.ServiceStanding],
        *,
        bytes_per_second: int,
        system: bool,
    ) -> None:
        self._home = home
        self._device = device
        self._measurer = measurer
        self.run = run
        self._start_service = start_service
        self._bytes_per_second = bytes_per_second
        self._system = system
        self._service = NOT_ASKED
        self._lock = threading.Lock()
        self._places: dict[bytes, Suggestion] = {}
        self._put(suggestions)

    def _put(self, suggestions: Sequence[Suggestion]) -> None:
        """What is backed up already stands first, and decides what is ticked."""
        settings = load_settings(self._home)
        chosen = settings.roots if settings else ()
        for root in chosen:
            self._places[root] = Suggestion(root, "chosen", ticked=True)
        for one in suggestions:
            self._places.setdefault(one.path, replace(one, ticked=one.ticked and not chosen))
        ticked_first = sorted(self._places.values(), key=lambda one: not one.ticked)
        self._measurer.add(one.path for one in ticked_first)

    @property
    def ticked(self) -> tuple[bytes, ...]:
        return tuple(one.path for one in self._places.values() if one.ticked)

    def add(self, path: bytes) -> None:
        """Another folder, as a person names it."""
        found = check_there(self._measurer.open_files((path,)), path)
        with self._lock:
            if len(self._places) >= MOST_PLACES and found not in self._places:
                raise PathProblem(f"More than {MOST_PLACES} folders. Choose one above them.")
            known = self._places.get(found, Suggestion(found, "added", ticked=True))
            self._places[found] = replace(known, ticked=True)
        self._measurer.add([found])

    def measured(self, path: bytes) -> Measure:
        return self._measurer.of(path)

    def wait_for(self, paths: Iterable[bytes]) -> None:
        self._measurer.wait(paths)

    def junk(self, paths: Sequence[bytes]) -> tuple[messages.PlaceJunk, ...]:
        """What is seldom worth a backup in these folders, largest first."""
        return _gather([self._measurer.of(path) for path in paths], paths)

    def start(self, chosen: messages.Chosen) -> None:
        """Keep what was chosen, then see to it that it is backed up, now and from now on.

        The first backup begins before the service does: the service waits its turn, and goes on
        with it if this program ends in the middle.
        """
        settings = load_settings(self._home) or new_settings()
        for root in chosen.roots:
            if root not in settings.roots:  # those may be on a disk that is not here now
                check_there(self._measurer.open_files((root,)), root)
        roots = outermost(list(chosen.roots))
        if not roots:
            raise NothingToBackUp
        for pattern in chosen.exclusions:
            if why := check_pattern(pattern):
                raise PathProblem(f"`{pattern}` cannot be excluded: {why}. Nothing was changed.")
        with self._lock:
            self._measurer.stop()
            exclusions = tuple(dict.fromkeys((*settings.exclusions, *chosen.exclusions)))
            save_settings(self._home, replace(settings, roots=roots, exclusions=exclusions))
            self.run.start()
        if self._service.state != "running":
            self._service = self._start_service()

    @property
    def service(self) -> messages.ServiceStanding:
        return self._service

    def told(self) -> messages.Choosing:
        with self._lock:
            places = tuple(self._places.values())
        return messages.Choosing(
            account=self._device.account_name,
            device=self._device.device,
            device_name=self._device.device_name,
            server=self._device.url,
            system=self._system,
            places=tuple(self._place(one) for one in places),
            junk=self.junk([one.path for one in places]),
            bytes_per_second=self._bytes_per_second,
            run=self.run.told(),
            service=self._service,
        )

    def _place(self, one: Suggestion) -> messages.Place:
        found = self._measurer.of(one.path)
        return messages.Place(
            path=for_people(one.path),
            path_bytes=one.path,
            why=one.why,
            ticked=one.ticked,
            measuring=found.state,
            files=found.files,
            bytes=found.bytes,
            problems=found.problems,
        )


def _gather(measures: Sequence[Measure], roots: Sequence[bytes]) -> tuple[messages.PlaceJunk, ...]:
    """One line for each pattern; places without one of their own each for itself."""
    found: dict[str, messages.PlaceJunk] = {}
    for measure in measures:
        for pile in measure.piles:
            _add(found, _of_pile(pile, measure.junk))
        for junk in measure.junk:
            if not junk.pattern:
                _add(found, _of_place(junk, roots))
    shown = [one for one in found.values() if one.pattern and one.bytes >= _JUNK_BYTES]
    shown.sort(key=lambda one: one.bytes, reverse=True)
    return tuple(shown[:_JUNK_SHOWN])


def _add(found: dict[str, messages.PlaceJunk], new: messages.PlaceJunk) -> None:
    """The same junk in two folders, one in the other, is counted once: the larger number."""
    known = found.get(new.pattern)
    if known is None or known.bytes < new.bytes:
        found[new.pattern] = new


def _of_pile(pile: Pile, places: Sequence[FoundJunk]) -> messages.PlaceJunk:
    largest = next((one for one in places if one.pattern == pile.pattern), None)
    return messages.PlaceJunk(
        kind=pile.kind,
        path=for_people(largest.sized.path) if largest else "",
        pattern=pile.pattern,
        ticked=comes_back(pile.kind),
        places=pile.places,
        files=pile.files,
        bytes=pile.size,
    )


def _of_place(junk: FoundJunk, roots: Sequence[bytes]) -> messages.PlaceJunk:
    return messages.PlaceJunk(
        kind=junk.kind,
        path=for_people(junk.sized.path),
        pattern=pattern_of_place(junk.sized.path, roots, folder=junk.is_folder),
        ticked=comes_back(junk.kind),
        places=1,
        files=junk.sized.files,
        bytes=junk.sized.size,
    )

"""Settings as tests write them, and what people and devices do with them through the API."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from csbackup.protocol import messages
from csbackup.protocol.adapter import parse, render
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, SourceChange, SourceSettings
from support.api import Api, DeviceCaller

AT_FIRST = SourceSettings(
    Folders((b"/home/anna/Documents", b"/home/anna/Pictures")), LeftOut(("*.iso",))
)
HOURLY = SourceChange(schedule=Schedule(every_minutes=60))
DAILY = SourceChange(schedule=Schedule(every_minutes=24 * 60))


def only_documents() -> SourceChange:
    return SourceChange(folders=Folders((b"/home/anna/Documents",)))


@dataclass
class SettingsPerson:
    """Somebody who looks at the settings of one device, and changes them."""

    api: Api
    token: str
    device: str

    def ask(self, method: str, rest: str = "", code: int = 200, **message: Any) -> Any:
        options = {"json": message} if message else {}
        path = f"devices/{self.device}/settings{rest}"
        answer = self.api.request(method, path, token=self.token, **options)
        assert answer.status_code == code, answer.text
        return answer.json()

    def show(self) -> messages.DeviceSettings:
        return parse(messages.DeviceSettings, self.ask("GET"))

    def edit(self, change: SourceChange, *, revision: int | None = None, code: int = 200) -> Any:
        seen = self.show().revision if revision is None else revision
        return self.ask("PUT", code=code, revision=seen, change=render(change))

    def history(self) -> tuple[messages.SettingsEvent, ...]:
        return parse(messages.SettingsHistory, self.ask("GET", "/history")).events


@dataclass
class SettingsDevice:
    """A device that tells its settings and takes what waits for it."""

    api: Api
    caller: DeviceCaller
    has: SourceSettings = AT_FIRST
    locked: bool = False

    def pushed(self) -> messages.PushedSettings:
        answer = self.api.get("device/settings", token=self.caller.token)
        assert answer.status_code == 200, answer.text
        return parse(messages.PushedSettings, answer.json())

    def report(self, outcome: str, revision: int = 0, **more: Any) -> int:
        report = messages.SettingsReport(
            revision=revision,
            outcome=outcome,  # type: ignore[arg-type]
            settings=self.has,
            settings_id=b"\x01" * 32,
            home=b"/home/anna",
            locked=self.locked,
            **more,
        )
        answer = self.api.post("device/settings", token=self.caller.token, json=render(report))
        assert answer.status_code == 200, answer.text
        return int(answer.json()["revision"])

    def tell(self, **changes: Any) -> SettingsDevice:
        self.has = replace(self.has, **changes)
        self.report("told")
        return self

    def take(self, **more: Any) -> messages.PushedSettings:
        """What waits, as an honest client takes it that changed nothing meanwhile."""
        found = self.pushed()
        if found.waiting and found.wanted is not None:
            self.has = found.wanted
            self.report("applied", found.waiting, **more)
        return found

"""Settings of devices, and templates for them."""

from __future__ import annotations

from csbackup.format.ids import SHORT, TemplateId
from csbackup.protocol import messages
from csbackup.server.api.calls import Call, Reply


def show(call: Call) -> messages.DeviceSettings:
    return call.services.settings.show(call.person, _device(call))


def edit(call: Call) -> messages.DeviceSettings:
    wanted = call.message(messages.SettingsEdit)
    return call.services.settings.edit(call.person, _device(call), wanted, call.now)


def preview(call: Call) -> messages.SettingsPreview:
    wanted = call.message(messages.SettingsEdit)
    return call.services.settings.preview(call.person, _device(call), wanted)


def history(call: Call) -> messages.SettingsHistory:
    before, limit = call.query["before"], call.query["limit"]
    return call.services.settings.history(call.person, _device(call), before, limit)


def seen(call: Call) -> messages.DeviceSettings:
    revision = call.message(messages.SettingsSeen).revision
    return call.services.settings.seen(call.person, _device(call), revision, call.now)


def refuse(call: Call) -> messages.DeviceSettings:
    revision = call.message(messages.SettingsRefusal).revision
    return call.services.settings.refuse(call.person, _device(call), revision, call.now)


def permit(call: Call) -> messages.DeviceSettings:
    person_may = call.message(messages.SettingsPermission).person_may
    return call.services.settings.permit(call.person, _device(call), person_may, call.now)


def templates(call: Call) -> messages.TemplateList:
    return call.services.templates.list(call.person)


def add_template(call: Call) -> Reply:
    draft = call.message(messages.TemplateDraft)
    return Reply(call.services.templates.add(call.person, draft, call.now), 201)


def change_template(call: Call) -> messages.SettingsTemplate:
    draft = call.message(messages.TemplateDraft)
    return call.services.templates.change(call.person, _template(call), draft, call.now)


def delete_template(call: Call) -> messages.Done:
    call.services.templates.delete(call.person, _template(call), call.now)
    return messages.Done()


def assign_template(call: Call) -> messages.SettingsTemplate:
    devices = call.message(messages.TemplateAssignment).devices
    return call.services.templates.assign(call.person, _template(call), devices, call.now)


def for_device(call: Call) -> messages.PushedSettings:
    return call.services.settings_telling.for_device(call.device)


def report(call: Call) -> messages.SettingsVerdict:
    told = call.message(messages.SettingsReport)
    return call.services.settings_telling.report(call.device, told, call.now)


def _device(call: Call) -> bytes:
    return call.id("device", SHORT)


def _template(call: Call) -> TemplateId:
    return TemplateId(call.id("template", SHORT))

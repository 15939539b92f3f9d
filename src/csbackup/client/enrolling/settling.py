"""From what a browser brought to a machine that is set up."""

from __future__ import annotations

from csbackup import __version__
from csbackup.client.browse.chain import History, check_certificates, read_history
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.config import Home
from csbackup.client.connection import Connection, Transport
from csbackup.client.enrolling.asking import Asking
from csbackup.client.heads import Heads, sane
from csbackup.client.keyring import EnrolledDevice, save_device
from csbackup.client.platform.description import describe_os
from csbackup.client.settings import new_settings, save_settings
from csbackup.errors import EnrolmentInvalid
from csbackup.format.enrolment import Brought
from csbackup.format.ids import DeviceId
from csbackup.protocol import messages


def settle(home: Home, transport: Transport, asking: Asking, brought: Brought) -> EnrolledDevice:
    """Make this machine the device: the server is asked first, the keys are kept last.

    A crash in between leaves a device on the server that no machine speaks for, and a machine
    that counts as not enrolled: setting it up again does no harm.
    """
    device = _device(asking, brought)
    connection = Connection(transport.with_token(device.token), device.device)
    answer = connection.check_in(messages.CheckIn(__version__, describe_os()))
    others = [head for head in sane(answer.heads) if head.device != device.device]
    history = _history(connection, brought) if device.serial > 1 else None
    settings = new_settings()
    if history is not None and history.whole:
        settings = NodeReader(connection).settings(history.whole[-1].snapshot.settings)
    save_settings(home, settings)
    Heads(home).remember([*others, *(history.heads if history else ())])
    save_device(home, device)
    return device


def _history(connection: Connection, brought: Brought) -> History:
    """What the device that is taken over backed up, proven."""
    device, keys = DeviceId(brought.head.device), brought.keys
    certificates = check_certificates(connection.certificates(device), device, keys)
    if certificates.get(brought.head.serial) != brought.certificate:
        raise EnrolmentInvalid("the server shows another certificate of this device")
    return read_history(connection, device, keys)


def _device(asking: Asking, brought: Brought) -> EnrolledDevice:
    head, keys = brought.head, asking.keys
    return EnrolledDevice(
        url=asking.offer.origin,
        pin=asking.offer.pin,
        account_name=head.account_name,
        device_name=head.device_name,
        account=head.account,
        device=head.device,
        serial=head.serial,
        keys=brought.keys,
        signing_private=keys.signing.private_bytes_raw(),
        sealing_private=keys.sealing.private_bytes_raw(),
        token=brought.token,
    )

"""Addresses of our own: what EC2 and ECS gave, and to which instance or task.

Only what a record holds: an elastic address at AllocateAddress, its instance at AssociateAddress, the private and
IPv6 addresses at RunInstances, RunTask and StartTask. A public address that a subnet gives by itself is in no record.
Source: the EC2 and ECS API References.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping

from lineage.model.facts import Changed, Event, Identity
from loaders.records.body import Body, text, walk
from loaders.targets.targets import plain_target

Maker = Callable[[Body, Identity, Event], tuple[Changed, ...]]

EIP = "AWS::EC2::EIP"
_NAMES = ("privateipaddress", "privateipv4address", "ipaddress", "publicip", "ipv6address")


def allocated(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the elastic address that the account got, with its allocation ID as the state after."""
    address = text(body.response, "publicIp") or text(body.request, "address")
    return _changed(body, caller, event, address, text(body.response, "allocationId") or "allocated")


def associated(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the elastic address, by itself or its allocation ID, with the instance or interface that got it."""
    name = text(body.request, "publicIp") or text(body.request, "allocationId")
    return _changed(
        body, caller, event, name, text(body.request, "instanceId") or text(body.request, "networkInterfaceId")
    )


def given(instance: object) -> tuple[str, ...]:
    """Return the addresses that an element of EC2's `instancesSet` or of ECS's `tasks` names, sorted.

    ECS writes those of a task's own interface as `details` of name and value.
    """
    found = {
        value
        for one in walk(instance)
        for name, value in (*one.items(), (one.get("name"), one.get("value")))
        if isinstance(name, str) and name.lower() in _NAMES and isinstance(value, str) and _is_address(value)
    }
    return tuple(sorted(found))


def _changed(body: Body, caller: Identity, event: Event, name: str | None, after: str | None) -> tuple[Changed, ...]:
    if not name or not after:
        return ()
    target = plain_target(body.account, EIP, name).key
    return (Changed(event=event, caller=caller, what="address", target_type="Resource", target=target, after=after),)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


OPERATIONS: Mapping[str, Maker] = {"ec2:AllocateAddress": allocated, "ec2:AssociateAddress": associated}

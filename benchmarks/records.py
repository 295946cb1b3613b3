"""CloudTrail records as text: no JSON encoder, so that a corpus is quick to make.

The members stand in the order in which CloudTrail writes them (field guide §1.1, Appendix A).
"""

from __future__ import annotations

import base64
import random

_B32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def unique_id(rng: random.Random, prefix: str, account: str) -> str:
    """Return a unique ID or access key ID that encodes its account, as AWS creates them (guide §6.2)."""
    number = 1 << 79 | int(account) << 39 | rng.getrandbits(39)
    tail = "" if prefix in ("ASIA", "AKIA") else _B32[rng.getrandbits(5)]
    return prefix + base64.b32encode(number.to_bytes(10, "big")).decode() + tail


def uuid(rng: random.Random) -> str:
    """Return a random GUID in the form of event IDs."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def record(
    identity: str,
    time: str,
    service: str,
    name: str,
    region: str,
    account: str,
    ip: str,
    agent: str,
    parameters: str,
    response: str,
    request_id: str,
    event_id: str,
    *,
    error: str = "",
    extra: str = "",
    resources: str = "",
    read_only: bool = True,
    data: bool = False,
    event_type: str = "AwsApiCall",
    shared: str = "",
    tail: str = "",
    tls: bool = True,
) -> str:
    """Return one record as compact JSON. `error` and `tail` are encoded members with their commas."""
    return (
        f'{{"eventVersion":"1.{"11" if tail else "09"}","userIdentity":{identity},"eventTime":"{time}",'
        f'"eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"{region}",'
        f'"sourceIPAddress":"{ip}","userAgent":"{agent}",{error}"requestParameters":{parameters},'
        f'"responseElements":{response},'
        f'{f""""additionalEventData":{extra},""" if extra else ""}'
        f'"requestID":"{request_id}","eventID":"{event_id}","readOnly":{"true" if read_only else "false"},'
        f'{f""""resources":{resources},""" if resources else ""}'
        f'"eventType":"{event_type}","managementEvent":{"false" if data else "true"},'
        f'"recipientAccountId":"{account}",'
        f'{f""""sharedEventID":"{shared}",""" if shared else ""}'
        f'"eventCategory":"{"Data" if data else "Management"}"'
        + (
            f',"tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",'
            f'"clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}'
            if tls
            else ""
        )
        + tail
        + "}"
    )

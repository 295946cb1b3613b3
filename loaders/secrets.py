"""Removes secrets, by the name of their key and by their form, before anything is stored or printed.

AWS masks many secrets itself, but not all, not in old records, and not in free text such as a command line or a URL.
In doubt, a value is removed. Source: design invariant 7; field guide §10.2.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from loaders.records.record import DEEPEST, words

REMOVED = "(removed)"
"""Replaces a secret."""

# Key names, lower case, without `-`, `_` and blanks.
_NAMES = words(
    """
    sessiontoken secretaccesskey secretkey samlassertion samlresponse webidentitytoken tokencode
    token tokens xamzsecuritytoken xamzsignature signature securitytoken authorization
    authorizationtoken authorizationdata accesstoken idtoken refreshtoken bearertoken authtoken
    signintoken subjecttoken actortoken devicecode usercode codeverifier authorizationcode
    assertion clientassertion jwt tokenvalue streamurl clientsecret password oldpassword
    newpassword passwd passphrase passcode pin otp mfacode authenticationcode1
    authenticationcode2 base32stringseed qrcodepng userdata privatekey keymaterial
    privatekeymaterial passworddata secret secretstring secretbinary secretvalue plaintext
    privatekeyplaintext apikey apikeyvalue authparameters environmentvariables variables cookie
    setcookie sshprivatekey servicepassword preauthsignature connectionstring createapikeyinput
    """
)
_ENDINGS = tuple(
    words(
        """
        password secretkey privatekey accesstoken refreshtoken idtoken sessiontoken securitytoken authtoken bearertoken
        secretaccesskey clientsecret webidentitytoken samlassertion customerkey
        """
    )
)
_PAIR_NAMES = ("name", "key", "parameterkey", "variablename")
_PAIR_VALUES = ("value", "parametervalue", "variablevalue")
_NAMED_SECRET = re.compile(r"(?i)pass(?:word|wd|phrase)|secret|token|api.?key|private.?key|credential")
"""Names of secret settings that are given as name and value: environment variables, template parameters, filters."""

_IN_TEXT = re.compile(
    r"""(?ix)
    # URL parameters and assignments: NAME=value, NAME: value, "NAME":"value"
    (?P<name>
      (?<![a-z0-9]) (?: x-amz-signature | x-amz-security-token | signature | samlresponse | samlassertion
        | signintoken | token | code_verifier | client_secret | authorization | passphrase
        | secretstring | userdata
        | [\w-]{0,40}? (?: secret_?-?access_?-?key | secret_?-?key | private_?-?key | access_?-?token
          | id_?-?token | refresh_?-?token | session_?-?token | security_?-?token
          | auth_?-?token | bearer_?-?token
          | web_?-?identity_?-?token | token_?-?code | password | passwd ) )
      (?: \\?["'] )? \s{0,4} (?: [=:] | %3D ) \s{0,4} (?: \\?["'] )? (?: bearer\s | basic\s )?
    ) (?P<value> [^\s"'&\\<>]{1,} )
    # key=value of a command line option
    | (?P<option> --[\w-]{0,40}(?:password|secret|token)[\w-]{0,20} [\s=] {1,2} ) (?P<given> [^\s"'&]{1,} )
    """
)
_FORMS = re.compile(
    r"""(?x)
    -----BEGIN [A-Z ]{0,40} PRIVATE\ KEY----- [\s\S]*? (?: -----END [A-Z ]{0,40} PRIVATE\ KEY----- | \Z )
    | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?              # JSON Web Token
    | \b(?:FwoG|IQoJ|FQoG|AQoD)[A-Za-z0-9+/=%_-]{40,}      # session token of STS
    """
)


def scrub(value: object) -> object:
    """Return `value` (decoded JSON) with every secret, and all below `DEEPEST` levels, replaced by `REMOVED`.

    Strings that hold JSON are decoded, cleaned and encoded again; in other strings, URL parameters, assignments,
    command-line options, private keys and tokens are found by their form.

    >>> scrub({"tokenCode": "123456", "url": "https://x/?X-Amz-Signature=abc&a=1"})
    {'tokenCode': '(removed)', 'url': 'https://x/?X-Amz-Signature=(removed)&a=1'}
    """
    return _scrub(value, 0)


def scrub_json(raw: bytes) -> bytes:
    """Return the JSON `raw`, a complete record, without its secrets; compact.

    If it cannot be decoded, it cannot be searched: then the JSON string `"(removed)"` is returned.
    """
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        value = REMOVED
    return msgspec.json.encode(scrub(value))


def scrub_record(raw: bytes) -> bytes:
    """Return the JSON object `raw`, a complete record, without its secrets; on one line.

    Equal to `scrub_json`, but members without secrets, which is most of them, stay as they were written.
    """
    try:
        members = _MEMBERS.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return scrub_json(raw)
    for name in members.keys() - _PLAIN:
        text = bytes(members[name])
        if is_secret_name(name) or name.lower() in _PAIRS:
            return scrub_json(raw)
        if text[:1] not in _OPENING or len(text) < 8:
            continue
        cached = name in _REPEATED or (len(text) <= _SHORT and name != "additionalEventData")
        scrubbed = _scrub_cached(text) if cached else _scrub_raw(text)
        if scrubbed != text:
            members[name] = msgspec.Raw(scrubbed)
    # Encoded even if nothing changed: of a duplicate member, only the last one was checked.
    written = msgspec.json.encode(members)
    return written.translate(_ON_ONE_LINE) if b"\n" in raw or b"\r" in raw else written


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ON_ONE_LINE = bytes(32 if byte in b"\r\n" else byte for byte in range(256))
"""Line ends only occur between tokens of JSON, where a blank has the same meaning."""
_PAIRS = {*_PAIR_NAMES, *_PAIR_VALUES, "type", "code"}
_OPENING = (b'"', b"{", b"[")
_PLAIN = frozenset(
    (
        *("eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "requestID"),
        *("eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory"),
        *("sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "apiVersion", "errorCode"),
        "sessionCredentialFromConsole",
    )
)
"""Members of a record that AWS writes: short strings without secrets."""
_REPEATED = frozenset(("userIdentity", "userAgent", "tlsDetails"))
"""Members that often repeat the same value, as short parameters and resources do."""
_SHORT = 500
"""Most bytes of a value that is cached."""


def _scrub_raw(raw: bytes) -> bytes:
    return raw if nothing_to_hide(raw) else scrub_json(raw)


_scrub_cached = lru_cache(maxsize=16_384)(_scrub_raw)


@lru_cache(maxsize=512)
def scrub_text(text: str) -> str:
    """Return `text` without its secrets."""
    return _text(text, 0)


def nothing_to_hide(raw: bytes) -> bool:
    """Return True only if `scrub` would not change the valid JSON `raw`; a fast check, so False decides nothing."""
    # Without a backslash, no string holds a quote: every name is found, and no string holds an object.
    if b"\\" in raw or not raw.isascii() or raw.count(b"{") + raw.count(b"[") >= DEEPEST:
        return False
    text = raw.decode()
    if "SignatureVersion" in text:
        text = text.replace("SignatureVersion", "")  # S3 and STS log the version of each signature
    if _marked(text) or _any_hides(_names(raw, text)):
        return False
    # Settings by name and value: `_NAMED_SECRET` has more words than the marks.
    return "alue" not in text or not ("SecureString" in text or _NAMED_SECRET.search(text))


def _names(raw: bytes, text: str) -> tuple[str, ...]:
    """Return the names of members, at any depth; a flat object, the most usual, is decoded, which is faster."""
    if text.count("{") == 1:
        try:
            return tuple(_FLAT.decode(raw))
        except msgspec.DecodeError:
            pass
    return tuple(_KEY.findall(text))


_FLAT = msgspec.json.Decoder(dict[str, object])
_KEY = re.compile(r'"([^"]*)"\s*:')
_MARKS = (
    *("token", "pass", "signature", "private", "authorization", "saml", "verifier", "userdata"),
    *("eyj", "fwog", "iqoj", "fqog", "aqod"),
)
"""A part of everything that `_IN_TEXT` and `_FORMS` match, in lower case: cheaper to search."""
_SECRETS = ("secret_", "secret-", "_secret", "secretkey", "secretaccess", "secretstring", "--")
"""The same for matches with `secret`: the many ARNs of Secrets Manager have that word too."""


def _marked(text: str) -> bool:
    """Return whether `_IN_TEXT` or `_FORMS` may match in an ASCII text."""
    holds = text.lower().__contains__
    return any(map(holds, _MARKS)) or (holds("secret") and any(map(holds, _SECRETS)))


@lru_cache(maxsize=4_096)
def _any_hides(names: tuple[str, ...]) -> bool:
    return any(name.lower() == "code" or is_secret_name(name) for name in names)


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """Return whether the value under the key `name` is a secret.

    >>> is_secret_name("Session-Token"), is_secret_name("clientToken"), is_secret_name("masterUserPassword")
    (True, False, True)
    """
    bare = name.lower().translate(_DROP)
    return bare in _NAMES or bare.endswith(_ENDINGS)


_DROP = {ord(c): None for c in "-_ .:"}


def _scrub(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _text(value, depth)
    if not isinstance(value, (dict, list)):
        return value
    if depth > DEEPEST:
        return REMOVED
    if isinstance(value, list):
        return [_scrub(one, depth + 1) for one in value]
    pair = _pair_hides(value)
    return {
        name: REMOVED if _hides(str(name), one) or (pair and name.lower() in _PAIR_VALUES) else _scrub(one, depth + 1)
        for name, one in value.items()
    }


def _pair_hides(value: dict[str, object]) -> bool:
    """Return whether an object is a secret setting such as `{"name": "DB_PASSWORD", "value": …}`."""
    members = [(name.lower(), one) for name, one in value.items() if isinstance(one, str)]
    return any(
        (name in _PAIR_NAMES and _NAMED_SECRET.search(one)) or (name == "type" and one == "SecureString")
        for name, one in members
    )


def _hides(name: str, value: object) -> bool:
    # Booleans, null and empty values are settings (`noToken: true`), not secrets.
    if value is None or isinstance(value, bool) or value == "" or value == {} or value == []:
        return False
    # A long `code` is an OAuth authorization code; EC2 states have a short one.
    return is_secret_name(name) or (name.lower() == "code" and isinstance(value, str) and len(value) > 15)


def _text(value: str, depth: int) -> str:
    if value[:1] in ("{", "[") and depth < DEEPEST:
        try:
            inner: object = msgspec.json.decode(value.encode("utf-8", "surrogatepass"))
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            pass
        else:
            clean = _scrub(inner, depth + 1)
            return value if clean == inner else msgspec.json.encode(clean).decode()
    if len(value) < 8 or (value.isascii() and not _marked(value)):
        return value
    return _FORMS.sub(REMOVED, _IN_TEXT.sub(_replaced, value))


def _replaced(match: re.Match[str]) -> str:
    return f"{match['name'] or match['option']}{REMOVED}"

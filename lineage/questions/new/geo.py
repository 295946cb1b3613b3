"""Where an address is said to be, and whose network it is in, by databases in MaxMind's format that the user has.

Such databases guess: an address of a carrier, cloud or VPN says little about where a person was. The package
`maxminddb` reads them; it comes with the extra `geo`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from maxminddb.reader import Reader

LANGUAGE = "en"
TEXT_LENGTH = 100


class Located(NamedTuple):
    """What the databases say of an address."""

    country: str | None = None
    """ISO code."""
    city: str | None = None
    """Country and name."""
    system: str | None = None
    """Number and organisation."""


class Atlas:
    """The open databases; looks each address up once."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers
        self._found: dict[str, Located] = {}
        self.names = [f"{reader.metadata().database_type}" for reader in readers]
        """Types of the databases, as they name themselves."""

    def close(self) -> None:
        """Give back the files."""
        for reader in self._readers:
            reader.close()

    def locate(self, address: str) -> Located:
        """What is known of an address; nothing of what is none."""
        if address not in self._found:
            self._found[address] = self._look_up(address)
        return self._found[address]

    def _look_up(self, address: str) -> Located:
        country = city = system = None
        for reader in self._readers:
            try:
                record = reader.get(address)
            except ValueError:
                continue  # no address, or one of IPv6 in a database without
            if isinstance(record, Mapping):
                country = country or _country(record)
                city = city or _name(record.get("city"))
                system = system or _system(record)
        return Located(country, f"{country or '?'} {city}" if city else None, system)


def open_databases(paths: str | Iterable[str]) -> Atlas:
    """The databases at some paths. Raises `BadUse`."""
    wanted = [paths] if isinstance(paths, str) else list(paths)
    if not wanted:
        return Atlas([])
    try:
        maxminddb = importlib.import_module("maxminddb")
    except ImportError:
        raise BadUse("--geo needs the package maxminddb: pip install 'cloudtrail-lineage[geo]'") from None
    readers: list[Reader] = []
    for path in wanted:
        try:
            readers.append(maxminddb.open_database(path))
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            Atlas(readers).close()
            raise BadUse(f"{path}: not a database in MaxMind's format ({error})") from None
    return Atlas(readers)


def _country(record: Mapping[str, object]) -> str | None:
    found = record.get("country") or record.get("registered_country") or record.get("country_code")
    if isinstance(found, Mapping):
        return _text(found.get("iso_code"))
    return _text(found)


def _name(found: object) -> str | None:
    """The name of a place: MaxMind's object with a name in each language, or a text."""
    if isinstance(found, Mapping):
        names = found.get("names")
        return _text(names.get(LANGUAGE)) if isinstance(names, Mapping) else None
    return _text(found)


def _system(record: Mapping[str, object]) -> str | None:
    number = record.get("autonomous_system_number") or record.get("asn")
    owner = record.get("autonomous_system_organization") or record.get("as_name") or record.get("name")
    if number is None:
        return None
    digits = str(number).removeprefix("AS")
    return _text(f"AS{digits} {owner}" if owner else f"AS{digits}")


def _text(found: object) -> str | None:
    return found[:TEXT_LENGTH] if isinstance(found, str) and found else None

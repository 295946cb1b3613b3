"""Account names from the output of `aws organizations list-accounts`, or from a CSV file with two columns."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import msgspec

from lineage.model.errors import BadUse

_ACCOUNT = re.compile(r"\d{1,12}", re.ASCII)
_FORMS = "give the output of `aws organizations list-accounts`, or a CSV file of account ID and name"


class _Account(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    name: str = msgspec.field(name="Name", default="")


class _Accounts(msgspec.Struct):
    accounts: list[_Account] = msgspec.field(name="Accounts")


_decode = msgspec.json.Decoder(_Accounts).decode


def read_accounts(path: Path) -> dict[str, str]:
    """Return account ID -> name for every account in the file that has a name.

    IDs without leading zeros (spreadsheets drop them) are padded to 12 digits. Raises `BadUse`, which names the
    invalid line. Source: AWS CLI reference, `organizations list-accounts`.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadUse(f"{path}: cannot be read ({error.strerror}); {_FORMS}") from None
    except UnicodeError:
        raise BadUse(f"{path}: not UTF-8 text; {_FORMS}") from None
    if text.lstrip().startswith(("{", "[")):
        return _from_json(path, text)
    return _from_csv(path, text)


def _from_json(path: Path, text: str) -> dict[str, str]:
    try:
        accounts = _decode(text).accounts
    except msgspec.DecodeError as error:
        raise BadUse(f"{path}: not a list of accounts ({error}); {_FORMS}") from None
    names = {}
    for position, account in enumerate(accounts):
        if not _ACCOUNT.fullmatch(account.id):
            raise BadUse(f"{path}: Accounts[{position}] has no 12-digit account ID; {_FORMS}")
        names[account.id.zfill(12)] = account.name
    return {account: name for account, name in names.items() if name}


def _from_csv(path: Path, text: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) < 2:
            raise BadUse(f"{path}: line {number} has no second column; {_FORMS}")
        if not _ACCOUNT.fullmatch(cells[0]):
            if not names and number == 1:
                continue  # a header
            raise BadUse(f"{path}: line {number} does not start with an account ID; {_FORMS}")
        if cells[1]:
            names[cells[0].zfill(12)] = cells[1]
    if not names:
        raise BadUse(f"{path}: no account name found; {_FORMS}")
    return names

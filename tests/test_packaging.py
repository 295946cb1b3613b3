"""The wheel is whole: installed alone, it answers from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHERE = "import sysconfig; print(sysconfig.get_path('purelib'))"
EVENT_ID = "0b0a3c9e-7f1d-4c55-9c2e-2f3a5d1e6b70"
RECORD = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "IAMUser",
        "principalId": "AIDAQ3EGUIMSWKLNN5BEX",
        "arn": "arn:aws:iam::058264318724:user/ana",
        "accountId": "058264318724",
        "accessKeyId": "AKIAQ3EGUIMSZJOPC7UV",
        "userName": "ana",
    },
    "eventTime": "2026-03-02T09:15:01Z",
    "eventSource": "ec2.amazonaws.com",
    "eventName": "DescribeInstances",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "198.51.100.7",
    "userAgent": "aws-cli/2.27.1",
    "requestParameters": None,
    "responseElements": None,
    "eventID": EVENT_ID,
    "readOnly": True,
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "058264318724",
    "eventCategory": "Management",
}


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """What that command prints, in an environment that knows nothing of this checkout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LINEAGE_"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")
    run(*pip, "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with that wheel; its dependencies are borrowed from here."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, symlinks=True)
    bin_folder = home / "bin"
    pip = (sys.executable, "-m", "pip", "--python", bin_folder / "python", "install", "--quiet", "--no-deps")
    run(*pip, "--no-index", wheel)
    site = Path(run(bin_folder / "python", "-c", WHERE).strip())
    # Searched after its own packages, and .pth files in there are not followed: the checkout is unseen.
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return bin_folder


def test_the_wheel_has_all_three_packages_and_nothing_else(wheel: Path) -> None:
    """Every file of the packages ships, statements and type markers too; tests and examples do not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        str(path.relative_to(ROOT))
        for package in ("lineage", "loaders", "cypher")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert sources <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "lineage",
        "loaders",
        "cypher",
    }
    assert {"lineage/py.typed", "loaders/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_package_is_the_wheels(installed: Path) -> None:
    """The clean environment imports what was installed, not this checkout."""
    places = run(
        installed / "python",
        "-c",
        "import lineage, loaders, cypher; print(lineage.__file__, loaders, cypher)",
        cwd=Path("/"),
    )

    assert str(ROOT) not in places


def test_it_answers_from_the_root_folder(installed: Path, tmp_path: Path) -> None:
    """From `/`, the installed command explains itself, loads a log and names the owner of a call."""
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": [RECORD]}), encoding="utf-8")
    store = str(tmp_path / "lineage.db")

    usage = run(installed / "lineage", "--help", cwd=Path("/"))
    run(installed / "lineage", "load", log, cwd=Path("/"), LINEAGE_STORE=store)
    answer = json.loads(run(installed / "lineage", "who", EVENT_ID, "--json", cwd=Path("/"), LINEAGE_STORE=store))

    assert "who" in usage
    assert answer["found"] is True
    assert answer["answers"][0]["origin"]["kind"] == "IAMUser"
    assert answer["answers"][0]["origin"]["id"] == "arn:aws:iam::058264318724:user/ana"

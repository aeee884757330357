"""Pages of the console while another operator uploads hostile files, one after the other.

A web process as `manage.py up` starts it. First one viewer asks pages alone, then beside the
uploads. Every file of tests/tabular/cases is uploaded, and every one that
tests/tabular/test_hostile_files.py makes.

    python -m benchmarks.uploads --seconds 30
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from benchmarks.environments import ROOT, new_environment
from benchmarks.processes import bound, wait_until
from qqcampaign.stack.process_specs import web_spec

#: What the viewer asks for, in turn.
PAGES = (
    "",
    "contacts/contact/",
    "contacts/contactlist/",
    "contacts/segment/add/",
    "contacts/contactimport/",
    "campaigns/campaign/",
)
UPLOAD = "contacts/contactimport/upload/"
#: Seconds; a page that takes longer counts as this long.
PATIENCE = 60.0
OPERATORS = ("viewer", "uploader")


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Measure; return the times of pages alone and beside the uploads, milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qqb-files-")))
        count = _write_files(folder)
        environment = stack.enter_context(new_environment("sqlite"))
        password = secrets.token_urlsafe()
        variables = {**environment.variables, "DJANGO_SUPERUSER_PASSWORD": password}
        variables |= {"DJANGO_SETTINGS_MODULE": "qqcampaign.settings"}
        for name in OPERATORS:
            words = ("--noinput", "--username", name, "--email", "", "--skip-checks")
            subprocess.run(
                [sys.executable, "manage.py", "createsuperuser", *words],
                cwd=ROOT,
                env=variables,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        address, worker = stack.enter_context(_web(variables))
        viewer = _signed_in(address, "viewer", password)
        for page in PAGES:  # load the code of each page
            viewer.get(address + page, timeout=PATIENCE)
        alone = _ask(viewer, address, given.seconds)
        before = _peak_mb(worker)
        context = multiprocessing.get_context("spawn")
        uploads = context.Value("i", 0)
        uploader = context.Process(
            target=upload_again_and_again, args=(address, password, str(folder), uploads)
        )
        uploader.start()
        try:
            wait_until(lambda: uploads.value > 0, what="the first upload", seconds=PATIENCE)
            beside = _ask(viewer, address, given.seconds)
        finally:
            uploader.kill()
            uploader.join()
        return {
            "files": count,
            "uploads": uploads.value,
            "alone_ms": _summary(alone),
            "beside_uploads_ms": _summary(beside),
            "memory_added_mb": _peak_mb(worker) - before,
            "load_average": round(os.getloadavg()[0], 1),
        }


def upload_again_and_again(address: str, password: str, folder: str, uploads: Any) -> None:
    """Upload each file of a folder, in a process of its own, until it is killed."""
    operator = _signed_in(address, "uploader", password)
    while True:
        for path in sorted(Path(folder).iterdir()):
            page = operator.get(address + UPLOAD, timeout=PATIENCE).text
            form = {"csrfmiddlewaretoken": _token(page), "new_list": "", "policy": "fill"}
            with path.open("rb") as file:
                answer = operator.post(
                    address + UPLOAD, form, files={"file": (path.name, file)}, timeout=PATIENCE
                )
            assert answer.status_code == 200, (path.name, answer.status_code)
            uploads.value += 1


def _write_files(folder: Path) -> int:
    from tests.tabular.test_hostile_files import HOSTILE

    cases = ROOT / "tests" / "tabular" / "cases"
    for path in cases.iterdir():
        if path.suffix != ".md":
            (folder / path.name).write_bytes(path.read_bytes())
    for number, (make, _code) in enumerate(HOSTILE.values()):
        (folder / f"hostile-{number:02}.csv").write_bytes(make())
    return len(list(folder.iterdir()))


@contextlib.contextmanager
def _web(variables: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Run the web server as the stack does; yield its address and its pid."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = subprocess.Popen(
            bound([*web_spec(listener=listener.fileno()).argv]),
            cwd=ROOT,
            env=variables,
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        try:
            requests.get(address + "login/", timeout=PATIENCE)
            yield address, server.pid
        finally:
            server.terminate()
            server.wait()


def _signed_in(address: str, name: str, password: str) -> requests.Session:
    operator = requests.Session()
    page = operator.get(address + "login/", timeout=PATIENCE).text
    form = {"username": name, "password": password, "csrfmiddlewaretoken": _token(page)}
    answer = operator.post(address + "login/", form, timeout=PATIENCE, allow_redirects=False)
    assert answer.status_code == 302, answer.status_code
    return operator


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _ask(viewer: requests.Session, address: str, seconds: float) -> list[float]:
    """Ask for pages, one after the other with a pause; return the time of each, milliseconds."""
    taken, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for page in PAGES:
            begin = time.perf_counter()
            answer = viewer.get(address + page, timeout=PATIENCE)
            taken.append(1000 * (time.perf_counter() - begin))
            assert answer.status_code == 200, page
            time.sleep(0.05)
    return taken


def _summary(taken: Sequence[float]) -> dict[str, float]:
    parts = statistics.quantiles(taken, n=20)
    return {
        "pages": len(taken),
        "median": round(statistics.median(taken)),
        "95%": round(parts[-1]),
        "most": round(max(taken)),
    }


def _peak_mb(process: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))

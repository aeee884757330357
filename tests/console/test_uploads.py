"""The web process stays at work, in bounded memory, whatever is uploaded."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tabular.test_hostile_files import HOSTILE
from tests.web_process import signed_in, web_process

CASES = Path(__file__).resolve().parents[1] / "tabular" / "cases"
#: Size of the file, MB. The memory limit also holds for 500 MB, which take longer.
MB = 100
#: Allowed growth of the process, MB: code loaded by the first page, and buffers.
MOST_GROWTH_MB = 40
LINE = "{},某人,北京\n"
BOUNDARY = "----qqcampaign"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Run the console's server; yield its address and its process."""
    with web_process(tmp_path) as running:
        yield running


def _peak_mb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) // 1024


def _body(token: str) -> Iterator[bytes]:
    for name, value in (("csrfmiddlewaretoken", token), ("new_list", "all"), ("policy", "fill")):
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        yield f"{value}\r\n".encode()
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '.encode()
    yield b'filename="people.csv"\r\nContent-Type: text/csv\r\n\r\nuin,name,city\n'
    block = "".join(LINE.format(100_000 + n) for n in range(40_000)).encode()
    for _ in range((MB << 20) // len(block) + 1):
        yield block
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


class _Streamed:
    """A request body of known length that is generated in blocks."""

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._blocks)


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_hostile_files_leave_the_web_process_at_work(console: tuple[str, int]) -> None:
    """Every hostile file is uploaded; meanwhile another operator gets pages."""
    address, worker = console
    uploader, viewer = signed_in(address), signed_in(address)
    upload = f"{address}/contacts/contactimport/upload/"
    viewer.get(upload, timeout=60)
    uploader.get(upload, timeout=60)
    files = [(path.name, path.read_bytes()) for path in CASES.glob("ole_*")]
    files += [(f"{name}.csv", make()) for name, (make, _code) in HOSTILE.items()]
    before, answers, is_over = _peak_mb(worker), [], threading.Event()

    def view() -> None:
        while not is_over.is_set():
            answers.append(viewer.get(upload, timeout=60).status_code)

    watching = threading.Thread(target=view)
    watching.start()
    try:
        for name, content in files:
            token = str(uploader.cookies["qqcampaign_csrf"])
            form = {"csrfmiddlewaretoken": token, "new_list": "", "policy": "fill"}
            answer = uploader.post(upload, form, files={"file": (name, content)}, timeout=120)
            assert answer.status_code == 200, name
            assert "/check/" not in answer.url, name
    finally:
        is_over.set()
        watching.join()
    assert set(answers) == {200}
    assert Path(f"/proc/{worker}").exists()
    assert _peak_mb(worker) - before < 150


@pytest.mark.slow
def test_a_large_upload_is_not_in_memory(console: tuple[str, int], tmp_path: Path) -> None:
    address, worker = console
    operator = signed_in(address)
    upload = f"{address}/contacts/contactimport/upload/"
    assert operator.get(upload, timeout=60).status_code == 200
    token, before = str(operator.cookies["qqcampaign_csrf"]), _peak_mb(worker)

    body = _Streamed(list(_body(token)))
    started = time.monotonic()
    answer = operator.post(
        upload,
        body,  # any iterable with a length
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        timeout=300,
        allow_redirects=False,
    )
    seconds = time.monotonic() - started
    assert answer.status_code == 302
    assert "/check/" in answer.headers["Location"]
    assert operator.get(address + answer.headers["Location"], timeout=60).status_code == 200
    (stored,) = (path for path in (tmp_path / "imports").iterdir() if path.stat().st_size)
    assert stored.stat().st_size > MB << 20
    growth = _peak_mb(worker) - before
    print(f"{len(body) >> 20} MB in {seconds:.1f} s; the process grew by {growth} MB")
    assert growth < MOST_GROWTH_MB

"""Feed the readers with broken files for a while: `python -m tests.tabular.fuzz`.

The files are made from real ones by cutting, doubling, overwriting and joining pieces. Each must be
read, or refused with a sentence, within seconds; a file that is not is kept and named.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

#: Seconds that a file of a few hundred kB may take on a busy machine.
LONGEST = 20.0


def seeds() -> list[bytes]:
    """Return good files of every kind."""
    from tests.tabular.making import sheet_of, workbook

    text = "QQ号,姓名,城市\r\n" + "".join(f'{10_000 + n},"客户{n}",北京\r\n' for n in range(200))
    cells = b'<row><c r="A1"><v>10001</v></c><c r="B1" t="s"><v>0</v></c></row>'
    book = workbook(sheet_of(cells * 50), b"<sst><si><t>a</t></si></sst>")
    encodings = ("utf-8-sig", "gb18030", "utf-16")
    old = Path(__file__).parent / "cases" / "wps_two_header_rows.xls"
    return [*(text.encode(encoding) for encoding in encodings), book, old.read_bytes()]


def broken(chance: random.Random, files: list[bytes]) -> bytes:
    """Return a file with some damage."""
    data = bytearray(chance.choice(files))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice([1, 2, 16, 300])
        match chance.randrange(5):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length] * chance.randint(1, 50)
            case 2:
                data[at : at + length] = chance.randbytes(length)
            case 3:
                data[at:at] = chance.choice([b'"', b"\n", b"\x00", b"\xff", b"<", b"&", b","])
            case _:
                data[at:] = chance.choice(files)[chance.randrange(50) :]
    return bytes(data)


def main() -> int:
    """Run for the time given; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tabular import FileProblem, inspect_table, open_table

    chance, files = random.Random(options.seed), seeds()
    tried = refused = 0
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="qqfuzz-") as folder:
        path = Path(folder) / "file"
        while time.monotonic() < end:
            path.write_bytes(broken(chance, files))
            tried += 1
            started = time.monotonic()
            try:
                inspect_table(path)
                for _row in open_table(path).rows():
                    pass
            except FileProblem:
                refused += 1
            except Exception as problem:
                kept = Path(tempfile.gettempdir()) / f"fuzz-{options.seed}-{tried}"
                kept.write_bytes(path.read_bytes())
                print(f"{type(problem).__name__}: {problem}; the file is kept: {kept}")
                return 1
            if time.monotonic() - started > LONGEST:
                print(f"file {tried} of seed {options.seed} took too long")
                return 1
    print(f"seed {options.seed}: {tried} files, {refused} refused with a sentence, 0 surprises")
    return 0


if __name__ == "__main__":
    sys.exit(main())

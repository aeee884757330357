"""How a file is to be read, said on the command line: the same for every command that reads one."""

from __future__ import annotations

import argparse

#: Delimiters that a shell makes hard to type.
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}


def add_layout_arguments(parser: argparse.ArgumentParser) -> None:
    """Offer --sheet, --header-row, --encoding and --delimiter; what is not said is found."""
    parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet of a workbook")
    parser.add_argument(
        "--header-row",
        type=_line,
        default=None,
        metavar="N",
        help="the line with the titles, 0 where there is none",
    )
    parser.add_argument(
        "--encoding", default="", metavar="NAME", help="of a text: utf-8, gb18030, big5, utf-16 .."
    )
    parser.add_argument(
        "--delimiter",
        type=lambda text: _NAMED.get(text.lower(), text),
        default="",
        metavar="CHAR",
        help="what parts the cells of a text: one character, or tab",
    )


def _line(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise argparse.ArgumentTypeError("a line is a whole number, 0 or more")
    return int(text)

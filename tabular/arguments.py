"""Command line arguments for the layout of a file, shared by all commands that read one."""

from __future__ import annotations

import argparse

from tabular.numbers import CellProblem, qq_number

#: Larger numbers are wrong usage: no UIN is near it, and a database cannot compare more.
_LARGEST = 10**18

#: Names for delimiters that are hard to type in a shell.
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}


def add_layout_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --sheet, --header-row, --encoding and --delimiter; what is not given is detected."""
    parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet of a workbook")
    parser.add_argument(
        "--header-row",
        type=_line,
        default=None,
        metavar="N",
        help="the line with the titles, 0 if there is none",
    )
    parser.add_argument(
        "--encoding",
        default="",
        metavar="NAME",
        help="encoding of a text file: utf-8, gb18030, big5, utf-16 ..",
    )
    parser.add_argument(
        "--delimiter",
        type=lambda text: _NAMED.get(text.lower(), text),
        default="",
        metavar="CHAR",
        help="character between the cells of a text file: one character, or tab",
    )


def uin_argument(text: str) -> int:
    """Return a UIN that is read as imports read a cell; a `type` for argparse.

    Raises:
        argparse.ArgumentTypeError: it is not a whole number.
    """
    try:
        return qq_number(text, least=-_LARGEST, most=_LARGEST)
    except CellProblem as problem:
        raise argparse.ArgumentTypeError(f"a UIN is a number: {problem.reason}") from None


def _line(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise argparse.ArgumentTypeError("a line is a whole number, 0 or more")
    return int(text)

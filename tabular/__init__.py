"""Tables as operators have them: any spreadsheet file in, defused CSV and XLSX out. No domain.

    >>> table = open_table(Path("people.csv"))                       # doctest: +SKIP
    >>> for line, cells, problem in table.rows(): ...                # doctest: +SKIP

A file is somebody else's: every reader here is bounded in memory, and whatever it meets ends in a
`FileProblem` with a sentence, or in a row that carries its own problem.
"""

from tabular.encodings import Encoding, detect_encoding
from tabular.first_lines import FirstLines
from tabular.header import find_header, plain_title
from tabular.inspection import Inspection, inspect_table
from tabular.numbers import CellProblem, is_qq_mail, qq_number, strip_text_formula, whole_number
from tabular.opening import open_table, preview_encodings
from tabular.problems import FileProblem
from tabular.read_ahead import ReadAhead
from tabular.tables import Layout, Row, Table
from tabular.writing import CsvWriter, XlsxWriter, escape_formula, unescape_formula

__all__ = [
    "CellProblem",
    "CsvWriter",
    "Encoding",
    "FileProblem",
    "FirstLines",
    "Inspection",
    "Layout",
    "ReadAhead",
    "Row",
    "Table",
    "XlsxWriter",
    "detect_encoding",
    "escape_formula",
    "find_header",
    "inspect_table",
    "is_qq_mail",
    "open_table",
    "plain_title",
    "preview_encodings",
    "qq_number",
    "strip_text_formula",
    "unescape_formula",
    "whole_number",
]

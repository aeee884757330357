"""Read any spreadsheet file as a table, and write CSV and XLSX with formulas escaped. No domain.

    >>> table = open_table(Path("people.csv"))                       # doctest: +SKIP
    >>> for line, cells, problem in table.rows(): ...                # doctest: +SKIP

Files are untrusted: every reader limits its memory, and every error is a `FileProblem` with a
sentence, or the problem of a row.
"""

from tabular.first_lines import FirstLines
from tabular.header import known_columns, plain_title, titled_columns
from tabular.inspection import Inspection, inspect_table
from tabular.numbers import CellProblem, is_qq_mail, qq_number, strip_text_formula, whole_number
from tabular.opening import open_table, preview_encodings
from tabular.problems import FileProblem, RowProblem
from tabular.read_ahead import ReadAhead
from tabular.tables import Row, Table
from tabular.writing import CsvWriter, XlsxWriter, escape_formula, unescape_formula

__all__ = [
    "CellProblem",
    "CsvWriter",
    "FileProblem",
    "FirstLines",
    "Inspection",
    "ReadAhead",
    "Row",
    "RowProblem",
    "Table",
    "XlsxWriter",
    "escape_formula",
    "inspect_table",
    "is_qq_mail",
    "known_columns",
    "open_table",
    "plain_title",
    "preview_encodings",
    "qq_number",
    "strip_text_formula",
    "titled_columns",
    "unescape_formula",
    "whole_number",
]

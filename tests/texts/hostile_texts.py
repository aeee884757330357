"""Texts and attributes that cost as much as possible, with every tag and every filter."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from texts.filters import FILTERS


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _level in range(levels):
        value = [value]
    return value


#: What one person's attributes may hold at worst.
ATTRIBUTES: dict[str, Any] = {
    "bio": "你" * 1_000_000,
    "long": "a" * 60_000,
    "needle": "a" * 600 + "b" + "a" * 600,
    "short": "a" * 25 + "b" + "a" * 24,
    "page": "a" * 2_400,
    "middle": "a" * 990,
    "part": "a" * 245 + "b" + "a" * 244,
    "wide": "aé你😀" * 15_000,
    "marks": "<a href='\"&" * 5_000,
    "tags": ">" + "<a " * 15_000,
    "entities": "&a&#9;&amp" * 6_000,
    "escapes": "%41%e4%f" * 7_000,
    "controls": "\x01\u0301" * 30_000,
    "newlines": "\r\n" * 30_000,
    "blanks": " " * 60_000,
    "digits": "9" * 4_000,
    "date": "2020-01-01 10:10:10 +0800 Tue 1 2 3 a b",
    "numbers": list(range(3_000)),
    "texts": [f"{'a' * 20}{n}" for n in range(2_000)],
    "few": ["b", "a", None, 1, 1.5, True, {"a": 1}, ["x", ["y"]]],
    "people": [{"a": "x" * 10, "b": n} for n in range(1_500)],
    "deep": _deep(500),
    "million": list(range(1_000_000)),
    "n": 999,
    "huge": 10**4_000,
    "large": 1e308,
    "none": None,
    "yes": True,
    "word": "李雷",
}
CONTEXT = {**ATTRIBUTES, "attributes": ATTRIBUTES, "uin": 123456, "name": "李雷", "nickname": ""}

_TERMS = (
    *CONTEXT, "x", "y", "i", "j", "i.a", "forloop", "forloop.index", "forloop.parentloop.rindex",
    "few[0]", "people[i].a", "attributes[x]", "[bio]", "[attributes]", "missing.a.b", "bio.size",
    "'a'", "''", "' '", "'%c%c'", "'%9999999d'", "'你好'", "0", "2", "-1", "999999", "1.5", "true",
    "nil", "empty", "blank",
)  # fmt: skip
terms = st.sampled_from(_TERMS)
filters = st.builds(
    lambda name, arguments: f" | {name}" + (f": {', '.join(arguments)}" if arguments else ""),
    st.sampled_from(sorted(FILTERS)),
    st.lists(terms, max_size=3),
)
chains = st.one_of(
    st.lists(filters, max_size=4).map("".join),
    st.builds(lambda one, times: one * times, filters, st.integers(2, 60)),
)
values = st.builds(lambda term, chain: term + chain, terms, chains)
comparisons = st.lists(
    st.builds(
        " ".join,
        st.tuples(terms, st.sampled_from(["==", "!=", "<", ">=", "contains", "and", "or"]), terms),
    ),
    min_size=1,
    max_size=6,
).map(" or ".join)
ranges = st.one_of(
    st.builds(lambda a, b: f"({a}..{b})", terms, terms),
    st.sampled_from(["(1..999)", "(1..n)", "(1..30)", "(1..99999999999)", "(0..huge)"]),
)
loops = st.builds(
    lambda name, over, more: f"{name} in {over}{more}",
    st.sampled_from(["i", "j", "x"]),
    st.one_of(ranges, terms),
    st.sampled_from(
        ["", "", " reversed", " limit: 3", " offset: 99999999990", " limit: n offset: continue",
         " offset: n reversed", " limit: 999 offset: 99999999000"]
    ),
)  # fmt: skip


def _tags(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{{% for {} %}}{}{{% endfor %}}".format, loops, inside),
        st.builds("{{% for {} %}}{}{{% else %}}{}{{% endfor %}}".format, loops, inside, inside),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, comparisons, inside),
        st.builds(
            "{{% unless {} %}}{}{{% elsif {} %}}{}{{% else %}}{}{{% endunless %}}".format,
            comparisons, inside, comparisons, inside, inside,
        ),
        st.builds(
            "{{% case {} %}}{{% when {} %}}{}{{% else %}}{}{{% endcase %}}".format,
            terms,
            st.builds(lambda term, times: ", ".join([term] * times), terms, st.integers(1, 40)),
            inside,
            inside,
        ),
        st.builds("{{% capture x %}}{}{{% endcapture %}}".format, inside),
        st.builds("{{% ifchanged %}}{}{{% endifchanged %}}".format, inside),
        st.lists(inside, min_size=2, max_size=4).map("".join),
        st.builds(lambda one, times: one * times, inside, st.integers(2, 200)),
    )  # fmt: skip


leaves = st.one_of(
    st.builds("{{{{ {} }}}}".format, values),
    st.builds("{{{{- {} -}}}}".format, values),
    st.builds("{{% assign x = {} %}}".format, values),
    st.builds("{{% assign y = x{} %}}".format, chains),
    st.builds("{{% echo {} %}}".format, values),
    st.builds("{{% cycle {}, {} %}}".format, terms, terms),
    st.builds("{{% cycle {}: {}, 'b' %}}".format, terms, terms),
    st.builds("{{% liquid\nassign x = {}\necho {}\n %}}".format, values, terms),
    st.sampled_from([
        "{% increment i %}", "{% decrement j %}", "{% break %}", "{% continue %}",
        "{% raw %}{{ x }}{% endraw %}", "{% comment %}{{ x }}{% endcomment %}", "{% # x %}",
        "{% doc %}x{% enddoc %}", "你好", "\r\n", " " * 900, "p" * 3_000,
    ]),
)  # fmt: skip
#: Texts of the language.
texts = st.recursive(leaves, _tags, max_leaves=12)
#: Invalid texts, made of pieces that a lexer or parser may handle badly.
scraps = st.lists(
    st.builds(
        lambda piece, times: piece * times,
        st.one_of(
            st.sampled_from([
                "{{", "}}", "{%", "%}", "{{-", "-%}", "{% raw %}", "{% endraw %}", "{% doc %}",
                "{% comment %}", "{% endcomment %}", "{% liquid ", "{% #", "(", ")", "['", "']",
                "[", "a[", "]", "'", '"', "|", ",", ":", "..", "(1..", " ", "\n", "\t", "-", "a",
                "9", "你", "{% if a %}", "{% endif %}", "{% else %}",
                "{% for i in (1..9) %}", "{% endfor %}", "{% case 1 %}", "{% when 1 %}",
                "{% endcase %}", " and a", " or a",
                "{{ a", "{% assign a = ", "a | abs", ".a", "=", "liquid ", "echo a\n",
            ]),
            st.text(max_size=3),
        ),
        st.sampled_from([1, 1, 2, 20, 300, 5_000]),
    ),
    max_size=8,
).map("".join)  # fmt: skip

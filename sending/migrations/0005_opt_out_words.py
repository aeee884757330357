"""The opt-out words of a fresh installation. Operators may change and delete them.

The keys are written out: a migration must not import code that changes later.
"""

from django.db import migrations

#: (word, match, direction); the keys are the words in lower case.
WORDS = (
    ("TD", "begins", "out"),
    ("T", "exact", "out"),
    ("退订", "begins", "out"),
    ("退訂", "begins", "out"),
    ("取消", "exact", "out"),
    ("取消订阅", "begins", "out"),
    ("取消訂閱", "begins", "out"),
    ("不要再发", "begins", "out"),
    ("不要再发了", "begins", "out"),
    ("别再发了", "begins", "out"),
    ("拒收", "exact", "out"),
    ("stop", "exact", "out"),
    ("unsubscribe", "begins", "out"),
    ("opt out", "exact", "out"),
    ("恢复订阅", "begins", "in"),
    ("恢復訂閱", "begins", "in"),
    ("重新订阅", "begins", "in"),
    ("订阅", "exact", "in"),
    ("訂閱", "exact", "in"),
    ("start", "exact", "in"),
    ("subscribe", "exact", "in"),
)


def add_words(apps, schema_editor):
    words = apps.get_model("sending", "OptOutWord")
    for word, match, direction in WORDS:
        words.objects.get_or_create(
            key=word.lower(), defaults={"word": word, "match": match, "direction": direction}
        )


class Migration(migrations.Migration):

    dependencies = [("sending", "0004_opt_outs")]

    operations = [migrations.RunPython(add_words, migrations.RunPython.noop)]

"""On PostgreSQL: the index by which the inbox is searched for words (conversations/search.py).

It holds the pairs of neighbouring characters of each text. Chinese words have two characters, and
neither pg_trgm, which needs three, nor the word breaking of PostgreSQL finds them.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION conversations_pairs(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT COALESCE(array_agg(DISTINCT substr(s.t, n, 2)), '{}')
  FROM (SELECT lower(left(said, 2000)) AS t) s, generate_series(1, length(s.t) - 1) n
$$
"""
INDEX = """
CREATE INDEX CONCURRENTLY inboundmessage_pairs ON accounts_inboundmessage
 USING gin (conversations_pairs(text)) WHERE kind = 9
"""


def make_index(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FUNCTION)
        # One that was interrupted is left invalid.
        cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS inboundmessage_pairs")
        cursor.execute(INDEX)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS inboundmessage_pairs")
        cursor.execute("DROP FUNCTION IF EXISTS conversations_pairs(text)")


class Migration(migrations.Migration):
    atomic = False  # an index is built without stopping writes only outside a transaction
    dependencies = [("conversations", "0002_conversations_of_the_inbox")]
    operations = [migrations.RunPython(make_index, drop_index)]

"""Makes the conversations of the messages that are in the inbox already. They count as read."""

from django.db import migrations

USER = 9

# One pass over the inbox. The text of the newest message is looked up by the index of the person.
MAKE = """
INSERT INTO conversations_conversation
       (account_id, uin, state, unread, read_at, last_inbound_at, last_message_at, preview,
        is_ours_last, note, created_at)
SELECT g.account_id, g.uin, 'open', 0, g.at, g.at, g.at,
       SUBSTR(COALESCE((SELECT m.text FROM accounts_inboundmessage m
                         WHERE m.uin = g.uin AND m.account_id = g.account_id AND m.kind = %s
                         ORDER BY m.received_at DESC, m.position DESC LIMIT 1), ''), 1, 200),
       %s, '', CURRENT_TIMESTAMP
  FROM (SELECT account_id, uin, MAX(received_at) AS at FROM accounts_inboundmessage
         WHERE kind = %s AND uin > 0 GROUP BY account_id, uin) g
 WHERE NOT EXISTS (SELECT 1 FROM conversations_conversation c
                    WHERE c.account_id = g.account_id AND c.uin = g.uin)
"""


def make_conversations(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MAKE, [USER, False, USER])


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0001_initial"),
        ("accounts", "0002_warm_up_curves"),
    ]
    operations = [migrations.RunPython(make_conversations, migrations.RunPython.noop)]

"""How many people each list has, kept by triggers on PostgreSQL; nothing on SQLite.

Each statement that adds or removes memberships adds a row a list with the difference, so writers do
not wait for each other. `contacts.lists.sizes` sums them, `contacts.daily_sizes` puts them together
once a day. It is no model's table: a restored dump brings it along, and everything else that writes
memberships fills it.
"""

from django.db import migrations

TABLE = """
CREATE TABLE contacts_listdifference (contact_list_id bigint NOT NULL, n bigint NOT NULL)
"""
INDEX = "CREATE INDEX listdifference_list ON contacts_listdifference (contact_list_id)"
FUNCTION = """
CREATE FUNCTION contacts_list_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {body};
    RETURN NULL;
END $$
"""
ADD = (
    "INSERT INTO contacts_listdifference (contact_list_id, n) "
    "SELECT contact_list_id, {sign}count(*) FROM {rows} GROUP BY contact_list_id"
)
# name: the body of the function, and what the trigger follows.
TRIGGERS = {
    "added": (
        ADD.format(sign="", rows="new_rows"),
        "AFTER INSERT ON contacts_membership REFERENCING NEW TABLE AS new_rows",
    ),
    "removed": (
        ADD.format(sign="-", rows="old_rows"),
        "AFTER DELETE ON contacts_membership REFERENCING OLD TABLE AS old_rows",
    ),
    "moved": (
        f"{ADD.format(sign='', rows='new_rows')}; {ADD.format(sign='-', rows='old_rows')}",
        "AFTER UPDATE ON contacts_membership "
        "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    ),
    "emptied": (
        "DELETE FROM contacts_listdifference",
        "AFTER TRUNCATE ON contacts_membership",
    ),
}
COUNT = """
INSERT INTO contacts_listdifference (contact_list_id, n)
SELECT contact_list_id, count(*) FROM contacts_membership GROUP BY contact_list_id
"""


def keep_counts(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(TABLE, params=None)
    schema_editor.execute(INDEX, params=None)
    for name, (body, follows) in TRIGGERS.items():
        schema_editor.execute(FUNCTION.format(name=name, body=body), params=None)
        schema_editor.execute(
            f"CREATE TRIGGER list_{name} {follows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION contacts_list_{name}()",
            params=None,
        )
    # The triggers hold off writers until the commit, so nothing is missed.
    schema_editor.execute(COUNT, params=None)


def drop_counts(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER list_{name} ON contacts_membership", params=None)
        schema_editor.execute(f"DROP FUNCTION contacts_list_{name}()", params=None)
    schema_editor.execute("DROP TABLE contacts_listdifference", params=None)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_sizes_not_counted")]
    operations = [migrations.RunPython(keep_counts, drop_counts)]

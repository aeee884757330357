-- Fills the tables. In all statements: {p} people, {a} accounts, {n} people of a run, {r} runs,
-- {m} inbound messages, {h} hours between runs; {account} and {uin} are those of the person x.

INSERT INTO contacts_contact (uin, name, attributes, created_at, updated_at)
SELECT {uin}, substr('李王张刘陈杨赵黄周吴', 1 + (x % 10)::int, 1)
              || substr('伟芳娜敏静丽强磊军洋', 1 + (x / 10 % 10)::int, 1) || x,
       jsonb_build_object('city', substr('昆明上海北京广州成都', 1 + 2 * (x % 5)::int, 2),
                          'points', (x::bigint * 7919 % 100003)::text),
       now() - x % 400 * interval '1 day', now()
  FROM generate_series(0, {p} - 1) x;

INSERT INTO contacts_membership (contact_list_id, contact_id, added_at)
SELECT {first_list_id} + x / {n}, {first_contact_id} + x, now() - x % 400 * interval '1 day'
  FROM generate_series(0, {p} - 1) x;

INSERT INTO accounts_friend (account_id, uin, nickname, known_since, presence)
SELECT {account}, {uin}, 'nick' || x, now() - interval '200 days', 10 + 10 * (x % 3) FROM generate_series(0, {p} - 1) x;

INSERT INTO contacts_suppression (uin, reason, source, created_at)
SELECT {uin}, CASE WHEN x % 2 = 0 THEN 'by_hand' ELSE 'replied' END, 'bench', now() - x % 300 * interval '1 day'
  FROM generate_series(0, {p} - 1, 20) x;

INSERT INTO accounts_profile (uin, fetched_at, level, nickname, real_name, country, province, city, address,
       postcode, phone, mobile, email, homepage, occupation, school, introduction)
SELECT {uin}, now(), 3, 'nick' || x, '', '', '云南', '昆明', '', '', '', '', '', '', '', '', ''
  FROM generate_series(0, {p} - 1, 5) x;

INSERT INTO accounts_friendevent (account_id, uin, kind, at)
SELECT {account}, {uin}, 'came', now() - x % 200 * interval '1 day' FROM generate_series(0, {p} - 1, 3) x;

INSERT INTO sending_delivery (run_id, contact_id, uin, account_id, state, reason, attempt_count, last_res,
       sent_at, text, rank)
SELECT run, {first_contact_id} + x, {uin}, CASE WHEN kind < 98 THEN {account} END,
       CASE WHEN kind < 95 THEN CASE WHEN is_open THEN 'pending' ELSE 'sent' END
            WHEN kind < 97 THEN 'failed' WHEN kind = 97 THEN 'unknown' ELSE 'skipped' END,
       CASE WHEN kind < 95 THEN '' WHEN kind < 97 THEN 'RES_5' WHEN kind = 97 THEN 'replay_window_over'
            ELSE 'suppressed' END,
       CASE WHEN kind < 98 AND NOT (kind < 95 AND is_open) THEN 1 ELSE 0 END,
       CASE WHEN kind < 95 AND NOT is_open THEN '0' WHEN kind IN (95, 96) THEN '5' ELSE '' END,
       CASE WHEN kind < 95 AND NOT is_open
            THEN now() - ({r} - k) * {h} * interval '1 hour' + i % 14400 * interval '1 second' END,
       CASE WHEN k % 2 = 0 THEN '您好，活动明天开始，您有一份礼物待领取。' || x END, 0
  FROM (SELECT {first_run_id} + k AS run, k, i, (k * {n} + i) % {p} AS x, (i * 37 + k) % 100 AS kind,
               k >= {r} - 2 AND i % 2 = 0 AS is_open
          FROM generate_series(0, {r} - 1) k
               CROSS JOIN LATERAL generate_series(0, CASE k WHEN {r} / 2 THEN {p} ELSE {n} END - 1) i) each
 ORDER BY run, i;

INSERT INTO sending_attempt (delivery_id, account_id, seq, marked_at, replays, res, finished_at)
SELECT d.id, d.account_id, d.id, COALESCE(d.sent_at, now() - interval '1 day') - interval '0.1 second', 0,
       d.last_res, CASE WHEN d.state <> 'unknown' THEN COALESCE(d.sent_at, now() - interval '1 day') END
  FROM sending_delivery d WHERE d.attempt_count = 1 ORDER BY d.id;

UPDATE sending_delivery SET seq = id WHERE attempt_count = 1 AND run_id >= {last_runs_from};

INSERT INTO sending_tally (run_id, shard, kind, key, n)
SELECT run_id, 0, 'targeted', '', count(*) FROM sending_delivery GROUP BY 1
 UNION ALL SELECT run_id, 0, 'state', state, count(*) FROM sending_delivery GROUP BY 1, 4
 UNION ALL SELECT run_id, 0, 'reason', state || ':' || reason, count(*) FROM sending_delivery
            WHERE reason <> '' GROUP BY 1, 4
 UNION ALL SELECT run_id, 0, 'res', last_res, count(*) FROM sending_delivery WHERE last_res <> '' GROUP BY 1, 4;

INSERT INTO sending_runminute (run_id, minute, res, shard, n)
SELECT run_id, floor(extract(epoch FROM sent_at) / 60)::int, last_res, 0, count(*) FROM sending_delivery
 WHERE sent_at IS NOT NULL GROUP BY 1, 2, 3;

INSERT INTO accounts_inboundmessage (account_id, uin, kind, text, received_at, position, handled)
SELECT {account}, {uin}, CASE WHEN x % 50 = 0 THEN 2 ELSE 1 END, '好的，谢谢，第' || i || '条消息',
       now() - ({m} - i) * interval '90 second', i % 1000, true
  FROM (SELECT i, i * 7 % {p} AS x FROM generate_series(0, {m} - 1) i) each;

INSERT INTO conversations_conversation (account_id, uin, state, unread, last_inbound_at, last_message_at,
       preview, is_ours_last, note, created_at)
SELECT account_id, uin, CASE WHEN uin % 20 = 0 THEN 'open' ELSE 'closed' END,
       CASE WHEN uin % 100 = 0 THEN 1 ELSE 0 END, max(received_at), max(received_at), '好的，谢谢', false, '', now()
  FROM accounts_inboundmessage GROUP BY account_id, uin;

INSERT INTO sending_reply (message_id, delivery_id, run_id, at)
SELECT m.id, d.id, d.run_id, m.received_at FROM accounts_inboundmessage m
  JOIN LATERAL (SELECT id, run_id FROM sending_delivery
                 WHERE contact_id = m.uin - {first_friend} + {first_contact_id} AND state = 'sent'
                 ORDER BY contact_id, run_id LIMIT 1) d ON true
 WHERE m.id % 3 = 0;

INSERT INTO sending_optout (message_id, uin, account_id, word, direction, at, took_effect, confirmation)
SELECT id, uin, account_id, 'TD', 'out', received_at, true, 'none' FROM accounts_inboundmessage WHERE id % 20 = 0;

INSERT INTO audit_auditentry (key, at, user_id, who, channel, address, verb, object_type, object_id, object_name,
       sentence, facts)
SELECT 'bench-' || i, now() - ({m} - i) * interval '1 minute', {user_id}, 'bench', 'browser', '127.0.0.1', 'change',
       'contacts.contact', (i % {p})::text, 'bench', '', '{{}}' FROM generate_series(0, {m} - 1) i;

INSERT INTO audit_auditchange (entry_id, kind, object_type, object_id, object_name, before, after)
SELECT id, 'changed', object_type, object_id, object_name, '{{"name": "a"}}', '{{"name": "b"}}' FROM audit_auditentry;

INSERT INTO accounts_session (account_id, egress_id, opened_at, heartbeat_seconds, idle_seconds, last_used_at,
       poll_at, ended_at, end_reason)
SELECT {first_account_id} + i % {a}, {egress_id}, now() - i * interval '20 second', 60, 300, now(), now(), now(), ''
  FROM generate_series(0, {m} - 1) i;

INSERT INTO accounts_accounttask (account_id, kind, state, uin, text, is_background, tries, outcome, requested_at,
       finished_at)
SELECT {first_account_id} + i % {a}, 'sync', 'done', 0, '', true, 1, '', now() - i * interval '1 minute', now()
  FROM generate_series(0, {m} - 1) i;

-- The triggers that keep the sizes of lists are off for these rows.
DELETE FROM contacts_listdifference;

INSERT INTO contacts_listdifference (contact_list_id, n)
SELECT contact_list_id, count(*) FROM contacts_membership GROUP BY contact_list_id;

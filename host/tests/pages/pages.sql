-- A menu, with texts in doubled quotes. The comment; has a semicolon and an apostrophe that isn't closed.
INSERT INTO def_conversation_page
(ConversationCode, Package, PageNo, HeaderText,
Option1, Option1Callback, Option2, Option2Callback, Option3, Option3Callback, Option4, Option4Callback)
VALUES
('WATER_BILL', 'billing', 1,
'Good day {owner}, it''s R{owing} for water. Shall we settle it?',
'1. Pay a part', '2', -- on to the amounts
'2. Pay over months', '3',
'3. The bill is wrong', 'WORKFLOW:CHECK_METER',
'4. Speak to a person', 'ESCALATE');

-- Amounts from a query; two statements after the answer.
INSERT INTO def_conversation_page
(PostSql, PageNo, ConversationCode, Package, HeaderText, OptionOverrideShow, OptionOverrideSql)
VALUES
('INSERT INTO pledges (account_id, amount, kind, made_at, source)
VALUES ($account_id$, $user_input$, ''part'', NOW(), ''chat'');
-- the dialer need not call
UPDATE collections_queue
SET status = ''pledged'', last_contact = NOW()
WHERE account_id = $account_id$',
2, 'WATER_BILL', 'billing', 'Which amount?', 'display',
"SELECT CONCAT(""R"", amount) AS display, amount AS value, CONCAT('PAY:', amount) AS callback
FROM offers WHERE account_id = $account_id$ ORDER BY amount");

INSERT INTO def_conversation_page
(ConversationCode, Package, PageNo, HeaderText, PreSql, OptionOverrideSql, OptionOverrideShow, PostSql)
VALUES
('WATER_BILL', 'billing', 3, 'Over how many months? All of it is R{whole}, half is R{half}.',
'CREATE TEMPORARY TABLE worked_out AS
SELECT account_id, owing, ROUND(owing, 2) AS whole, ROUND(owing * 0.5, 2) AS half
FROM meters WHERE account_id = $account_id$',
'SELECT months AS value, CONCAT(months, '' months of R'', ROUND(owing / months, 2)) AS display,
CONCAT(''PLAN:'', months) AS callback
FROM (SELECT 12 AS months UNION SELECT 2 UNION SELECT 6) lengths, worked_out
WHERE owing > 0', 'display',
'INSERT INTO plans (account_id, months, monthly, starts)
VALUES ($account_id$, $user_input$, (SELECT ROUND(owing / $user_input$, 2) FROM worked_out), NOW());
INSERT INTO pledges (account_id, amount, kind, made_at)
VALUES ($account_id$, (SELECT whole FROM worked_out), ''whole'', NOW());
INSERT INTO workflow_queue (workflow_code, payload)
VALUES (''FIRST_INSTALMENT'', JSON_OBJECT(''account_id'', $account_id$, ''amount'', (SELECT half FROM worked_out)))');

-- Where an answer leads is decided by SQL.
INSERT INTO def_conversation_page
(ConversationCode, Package, PageNo, HeaderText, Option1, Option1Callback, Option2, Option2Callback, Option3, Option3Callback,
ReRouteSql, PostSql)
VALUES
('VISIT', 'service', 1, 'How was the visit of our plumber?',
'1. Good', 'ROUTE', '2. Fair', 'ROUTE', '3. Bad', 'ROUTE',
'SELECT CASE $user_input$
WHEN ''1'' THEN ''4'' -- may we quote you?
WHEN ''2'' THEN NULL
WHEN ''3'' THEN ''3''
END AS next_page',
'INSERT INTO answers (sender_id, question, answer, answered_at) VALUES ($sender_id$, ''visit'', $user_input$, NOW())'),
('VISIT', 'service', 4, 'We''re glad. What may we quote?', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
'INSERT INTO answers (sender_id, question, answer, answered_at) VALUES ($sender_id$, ''quote'', $user_input$, NOW());
UPDATE meters SET may_quote = ''Y'' WHERE owner_phone = $sender_id$');
INSERT INTO def_conversation_page
(ConversationCode, Package, PageNo, HeaderText, OptionOverrideSql, OptionOverrideShow, PostSql)
VALUES
('VISIT', 'service', 3, 'What went wrong?',
'SELECT fault_code AS value, words AS display, CONCAT(''LOG:'', fault_code) AS callback FROM faults ORDER BY rank',
'display',
'INSERT INTO workflow_queue (workflow_code, context, payload)
VALUES (''VISIT_AGAIN'', ''service'', JSON_OBJECT(''sender_id'', $sender_id$, ''fault'', $user_input$))');

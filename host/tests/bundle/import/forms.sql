-- The same collection in the two forms in which it is handed around.
INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText, Option1, Option1Callback, Option2, Option2Callback, Option3, Option3Callback)
VALUES ('COLLECT_SHORT', 1, 'Hello {name}, R{amount} is due. Can you pay?', '1. Yes, now', '2', '2. Not now', 'EXIT', '3. That is not right', 'WORKFLOW:DISPUTE');
INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText, OptionOverrideSql, OptionOverrideShow, PostSql)
VALUES ('COLLECT_SHORT', 2, 'How much?',
  'SELECT CONCAT(''R'', amount) as display, amount as value, CONCAT(''PAY:'', amount) as callback FROM payment_options WHERE account_id = $account_id$', 'display',
  'INSERT INTO payment_requests (account_id, amount) VALUES ($account_id$, $user_input$)');

INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText, Option1, Option1Callback, Option2, Option2Callback, Option3, Option3Callback)
VALUES
  ('COLLECT_LONG', 1, 'Hello {name}, R{amount} is due.', '1. Pay now', '2', '2. Plan', '3', '3. A person', 'ESCALATE'),
  ('COLLECT_LONG', 3, 'Over how long?', '1. 3 months', 'WORKFLOW:PLAN_3', '2. 6 months', 'WORKFLOW:PLAN_6', '3. 12 months', 'WORKFLOW:PLAN_12');
INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText, OptionOverrideSql, OptionOverrideShow, PostSql)
VALUES ('COLLECT_LONG', 2, 'How much? (R{minimum} at least)', 'SELECT CONCAT("R", amount) as display, amount as value
FROM payment_options
WHERE account_id = $account_id$', 'display', 'INSERT INTO payment_requests (account_id, amount, request_date)
VALUES ($account_id$, $user_input$, NOW())');

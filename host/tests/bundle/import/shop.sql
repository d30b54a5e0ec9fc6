-- A dump as people keep it: queues, pages, corrections, comments.
INSERT INTO def_queues (Block, Queuecode) VALUES ('ARREARS', 'EVENING_CALLS');

/* first page: who are we, what is owed */
insert into `def_conversation_page`
  (package, conversationcode, PAGENO, HeaderText, -- the text
   Option1, Option1Callback, Option2, Option2Callback, Option3, Option3Callback, Option3Display,
   PreSql, TimeoutSeconds, MaxRetries)
VALUES
  ('arrears', 'SHOP_ARREARS', 1,
   'Good day {first_name}. R{balance} is open on account {account_number}.
What suits you?',
   '1. Settle it today', '2',
   '2. Pay in parts', '3', /* the plan */
   'operator', 'ESCALATE', 'N',
   -- what the later pages need
   'CREATE TEMPORARY TABLE shares AS
    SELECT account_number, balance, ROUND(balance / 2, 2) AS half -- for page 2
    FROM accounts
    WHERE account_id = $account_id$;
    SELECT first_name FROM customers WHERE phone = $sender_id$',
   600, 2);

INSERT INTO def_conversation_page
  (ConversationCode, Package, PageNo, HeaderText, OptionOverrideSql, OptionOverrideShow, PostSql, MediaUrl)
VALUES
  ('SHOP_ARREARS', 'arrears', 2, 'We''re glad. How much, {first_name}?',
   'SELECT amount AS value, CONCAT(''R'', amount) AS display, CONCAT(''PAY:'', amount) AS callback
FROM payment_options
WHERE account_id = $account_id$
LIMIT 5 OFFSET $offset$',
   'display',
   "INSERT INTO payment_requests (account_id, amount, request_date) VALUES ($account_id$, $user_input$, NOW());
UPDATE collections_queue SET status = 'promised' WHERE account_id = $account_id$",
   'https://shop.example/how-to-pay.pdf'),
  ('shop_arrears', 'arrears', 3, 'Three months or six?', NULL, NULL,
   '  INSERT INTO payment_plans (account_id, plan_months, monthly_amount)
    VALUES ($account_id$, $user_input$, (SELECT ROUND(balance / $user_input$, 2) FROM shares));
INSERT INTO workflow_queue (workflow_code, context, payload)
VALUES (''PLAN_LETTER'', ''arrears'', JSON_OBJECT(''account_id'', $account_id$, ''months'', $user_input$))', '');

UPDATE def_queues SET Package = 'arrears';

REPLACE INTO def_conversation_page (PageNo, ConversationCode, Package, HeaderText, Option1, Option1Callback, Option4, Option4Callback, ReRouteSql)
VALUES (1, 'CALL_RATING', 'quality', 'Were we of help?\nPlease answer with a number.', '1. Yes', 'ROUTE', '4. No', 'ROUTE',
'SELECT CASE $user_input$ WHEN ''1'' THEN ''2'' ELSE ''EXIT'' END AS next_page -- only friends go on'),
       (2, 'CALL_RATING', 'quality', 'In your own words, what was good?', '', '', '', '', NULL);

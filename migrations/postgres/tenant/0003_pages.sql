-- The pages of the newest publication, written anew with each: people's SQL reads them as def_conversation_page.
CREATE TABLE host_conversation_pages (
  conversationcode   TEXT NOT NULL,
  package            TEXT NOT NULL,
  pageno             BIGINT NOT NULL,
  headertext         TEXT NOT NULL,
  option1            TEXT,
  option1callback    TEXT,
  option1display     TEXT,
  option2            TEXT,
  option2callback    TEXT,
  option2display     TEXT,
  option3            TEXT,
  option3callback    TEXT,
  option3display     TEXT,
  option4            TEXT,
  option4callback    TEXT,
  option4display     TEXT,
  option5            TEXT,
  option5callback    TEXT,
  option5display     TEXT,
  optionoverridesql  TEXT,
  optionoverrideshow TEXT,
  presql             TEXT,
  postsql            TEXT,
  reroutesql         TEXT,
  timeoutseconds     BIGINT,
  maxretries         BIGINT,
  mediaurl           TEXT,
  PRIMARY KEY (conversationcode, pageno)
);

CREATE VIEW def_conversation_page AS
SELECT conversationcode, package, pageno, headertext, option1, option1callback, option1display, option2,
       option2callback, option2display, option3, option3callback, option3display, option4, option4callback,
       option4display, option5, option5callback, option5display, optionoverridesql, optionoverrideshow,
       presql, postsql, reroutesql, timeoutseconds, maxretries, mediaurl
FROM host_conversation_pages;

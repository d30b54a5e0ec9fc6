-- The functions that translated tenant SQL calls. Each means the same as the host's of the same name on SQLite. They
-- depend on nothing but their arguments and so are IMMUTABLE, whatever the functions inside them are declared as:
-- every pattern is fixed and none depends on a setting.

-- Numbers.
CREATE FUNCTION fb_inexact(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT trim_scale(round($1, 14 - CASE WHEN $1 = 0 THEN 0 ELSE floor(log(abs($1)))::integer END))
$$;
CREATE FUNCTION fb_number_text(numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT trim_scale(fb_inexact($1))::text
$$;
-- The number that a text begins with, 0 if none.
CREATE FUNCTION fb_number(text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IS NOT NULL THEN
    coalesce(substring($1 FROM '^\s*([+-]?(?:[0-9]{1,28}(?:\.[0-9]{0,28})?|\.[0-9]{1,28})(?:[eE][+-]?[0-9]{1,2})?)')::numeric, 0) END
$$;
CREATE FUNCTION fb_store_number(text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 ~ '^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*$' THEN $1
              WHEN $1 IS NOT NULL THEN '''' || $1 || ''' is no number' END::numeric
$$;
CREATE FUNCTION fb_format(numeric, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(round($1, least(greatest($2, 0), 20)::integer),
    'FM999,999,999,999,999,999,999,990' || CASE WHEN $2 > 0 THEN '.' || repeat('0', least($2, 20)::integer) ELSE '' END)
$$;
CREATE FUNCTION fb_least(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN bool_or(item IS NULL) THEN NULL ELSE min(item) END FROM unnest($1) AS item
$$;
CREATE FUNCTION fb_greatest(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN bool_or(item IS NULL) THEN NULL ELSE max(item) END FROM unnest($1) AS item
$$;

-- Texts.
CREATE FUNCTION fb_least_text(text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN bool_or(item IS NULL) THEN NULL ELSE (array_agg(item ORDER BY lower(item COLLATE "C"), place))[1] END
  FROM unnest($1) WITH ORDINALITY AS list(item, place)
$$;
CREATE FUNCTION fb_greatest_text(text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN bool_or(item IS NULL) THEN NULL
              ELSE (array_agg(item ORDER BY lower(item COLLATE "C") DESC, place))[1] END
  FROM unnest($1) WITH ORDINALITY AS list(item, place)
$$;
CREATE FUNCTION fb_left(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 > 0 THEN left($1, least($2, 1000000)::integer) WHEN $2 IS NOT NULL AND $1 IS NOT NULL THEN '' END
$$;
CREATE FUNCTION fb_right(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 > 0 THEN right($1, least($2, 1000000)::integer) WHEN $2 IS NOT NULL AND $1 IS NOT NULL THEN '' END
$$;
CREATE FUNCTION fb_substring(text, bigint, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN NULL
              WHEN $2 = 0 OR $3 <= 0 OR -$2 > length($1) OR $2 > length($1) THEN ''
              WHEN $2 > 0 THEN substr($1, $2::integer, least($3, 1000000)::integer)
              ELSE substr($1, (length($1) + $2 + 1)::integer, least($3, 1000000)::integer) END
$$;
CREATE FUNCTION fb_pad_left(text, bigint, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 BETWEEN 0 AND 65536 THEN
    CASE WHEN $3 = '' AND length($1) < $2 THEN '' ELSE lpad($1, $2::integer, $3) END END
$$;
CREATE FUNCTION fb_pad_right(text, bigint, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 BETWEEN 0 AND 65536 THEN
    CASE WHEN $3 = '' AND length($1) < $2 THEN '' ELSE rpad($1, $2::integer, $3) END END
$$;

-- Dates.
CREATE FUNCTION fb_date_text(date) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char($1, 'YYYY-MM-DD')
$$;
CREATE FUNCTION fb_datetime_text(timestamp) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char($1, 'YYYY-MM-DD HH24:MI:SS')
$$;
CREATE FUNCTION fb_date_format(timestamp, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char($1, $2)
$$;
-- A text that is a date, with or without a time; NULL if it is none.
CREATE FUNCTION fb_datetime(text) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN y BETWEEN 1 AND 9999 AND m BETWEEN 1 AND 12
               AND d BETWEEN 1 AND extract(day FROM make_date(y, m, 1) + interval '1 month' - interval '1 day')
               AND h < 24 AND i < 60 AND s < 60
         THEN make_timestamp(y, m, d, h, i, s) END
  FROM (SELECT p[1]::integer AS y, p[2]::integer AS m, p[3]::integer AS d,
               coalesce(p[4], '0')::integer AS h, coalesce(p[5], '0')::integer AS i, coalesce(p[6], '0')::integer AS s
        FROM (SELECT coalesce(
                regexp_match($1, '^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d*)?)?\s*$'),
                regexp_match($1, '^\s*(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?\s*$')) AS p) AS parts) AS numbers
$$;
CREATE FUNCTION fb_date(text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT fb_datetime($1)::date
$$;
CREATE FUNCTION fb_store_datetime(text) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IS NOT NULL THEN
    coalesce(fb_datetime($1)::text, '''' || $1 || ''' is no date') END::timestamp
$$;
CREATE FUNCTION fb_store_date(text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT fb_store_datetime($1)::date
$$;
CREATE FUNCTION fb_date_add(timestamp, bigint, text) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN moved BETWEEN '0001-01-01' AND '9999-12-31 23:59:59' THEN moved END
  FROM (SELECT CASE
    WHEN abs($2) > CASE $3 WHEN 'YEAR' THEN 9998 WHEN 'MONTH' THEN 119976 WHEN 'DAY' THEN 3652058
                           WHEN 'HOUR' THEN 87649392 WHEN 'MINUTE' THEN 5258963520 ELSE 315537811200 END THEN NULL
    WHEN $3 IN ('YEAR', 'MONTH', 'DAY') THEN $1 + $2 * ('1 ' || $3)::interval
    ELSE $1 + $2 * CASE $3 WHEN 'HOUR' THEN interval '1 hour' WHEN 'MINUTE' THEN interval '1 minute'
                           ELSE interval '1 second' END END AS moved) AS result
$$;
CREATE FUNCTION fb_date_add_text(text, bigint, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $3 IN ('DAY', 'MONTH', 'YEAR') AND btrim($1) !~ '[:T ]' AND length(btrim($1)) <> 14
         THEN fb_date_text(fb_date_add(fb_datetime($1), $2, $3)::date)
         ELSE fb_datetime_text(fb_date_add(fb_datetime($1), $2, $3)) END
$$;
CREATE FUNCTION fb_timestamp_diff(text, timestamp, timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN $1 IN ('YEAR', 'MONTH') THEN trunc((months
      - CASE WHEN $3 >= $2 AND within_until < within_from THEN 1 WHEN $3 < $2 AND within_until > within_from THEN -1 ELSE 0 END)
      / CASE $1 WHEN 'YEAR' THEN 12.0 ELSE 1.0 END)
    ELSE trunc(floor(extract(epoch FROM $3 - $2)) / CASE $1 WHEN 'DAY' THEN 86400.0 WHEN 'HOUR' THEN 3600.0 WHEN 'MINUTE' THEN 60.0 ELSE 1.0 END)
    END::bigint
  FROM (SELECT (extract(year FROM $3) - extract(year FROM $2)) * 12 + extract(month FROM $3) - extract(month FROM $2) AS months,
               $3 - date_trunc('month', $3) AS within_until, $2 - date_trunc('month', $2) AS within_from) AS parts
$$;

-- JSON.
CREATE FUNCTION fb_json_unquote(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN left($1, 1) = '"' THEN $1::jsonb #>> '{}' ELSE $1 END
$$;
CREATE FUNCTION fb_store_json(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT $1::jsonb::text
$$;

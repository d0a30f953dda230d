-- The demo office 槐溪街道: territory, teams, units and accounts, made by the same commands as a real one. Owner only.
-- Its codes are invented (1199… is no county), its names are of roles and places, not of persons.

-- Ids of commands: their time, and a serial that makes them the same in each run.
CREATE SEQUENCE IF NOT EXISTS linli.demo_serial;
CREATE OR REPLACE FUNCTION linli.demo_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT linli.uuid_of(linli.clock(), convert_to('demo ' || nextval('linli.demo_serial'), 'UTF8'))
$$;

-- The number of the row that a command made; anything but success is a fault of the demo.
CREATE OR REPLACE FUNCTION linli.demo_row(o api_1.outcome, what text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF o.refusal IS NOT NULL THEN
    RAISE EXCEPTION 'demo: % was refused: % %', what, o.refusal, o.detail USING HINT = 'stream ' || o.stream;
  END IF;
  RETURN ('x' || right(translate(o.row_id::text, '-', ''), 16))::bit(64)::bigint;
END $$;

-- Makes the office and returns its number. Accounts share the password whose hash is given.
CREATE OR REPLACE FUNCTION linli.demo_office(password_hash text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  root   bigint := linli.office_stream(1);
  office bigint;
  here   bigint;                                       -- the office's stream
  names  text[] := '{槐荫里,柳岸,书院前,石榴园,望塔,晴川路,新桥北,机床厂,东篱苑,河沿市场}';
  pinyin text[] := '{huaiyinli,liuan,shuyuanqian,shiliuyuan,wangta,qingchuanlu,xinqiaobei,jichuangchang,dongliyuan,heyanshichang}';
  code   text;
  k      bigint;
  t      bigint;
  u      record;
  team   record;
BEGIN
  PERFORM linli.demo_row(api_1.district_put(NULL, linli.demo_id(), root, NULL, linli.clock(), '\x00', '119900000000', '示范区'), 'district');
  PERFORM linli.demo_row(api_1.subdistrict_put(NULL, linli.demo_id(), root, NULL, linli.clock(), '\x00',
    '119900001000', '槐溪街道', '119900000000', 'Asia/Shanghai'), 'subdistrict');
  office := (SELECT s.office FROM linli.subdistrict s WHERE s.code = '119900001000');
  here := linli.office_stream(office);
  PERFORM linli.demo_due();

  CREATE TEMP TABLE demo_team (key text, community bigint, team bigint, who text) ON COMMIT DROP;
  FOR i IN 1 .. 10 LOOP
    code := '119900001' || lpad(i::text, 3, '0');
    k := linli.demo_row(api_1.community_put(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00',
           code, names[i] || '社区居委会', names[i], pinyin[i]), 'community');
    FOR g IN 1 .. 6 LOOP
      PERFORM linli.demo_row(api_1.grid_add(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00', k, NULL,
        CASE WHEN i = 10 THEN '市场第' || g || '区' ELSE '第' || g || '网格' END,
        CASE WHEN i = 10 THEN 'dedicated' ELSE 'ordinary' END, NULL), 'grid');
    END LOOP;
    PERFORM linli.demo_account(here, 'station' || lpad(i::text, 2, '0'), names[i] || '社区工作者', 'station_worker', 'community', k, password_hash);
    PERFORM linli.demo_account(here, 'leader' || lpad(i::text, 2, '0'), names[i] || '服务队队长', 'team_leader', 'community', k, password_hash);
    FOR team IN SELECT * FROM (VALUES ('cadres', '社区干部队伍', 'station', 'ganbu'), ('volunteers', '志愿服务队', 'leader', 'zhiyuan'),
                                      ('party_members', '党员服务队', 'leader', 'dangyuan')) x (kind, label, prefix, pinyin) LOOP
      t := linli.demo_row(api_1.team_add(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00', team.kind,
             names[i] || team.label, k, NULL, 20, NULL, pinyin[i] || team.pinyin), 'team');
      INSERT INTO demo_team VALUES (replace(team.kind, '_members', ''), k, t, team.prefix || lpad(i::text, 2, '0'));
    END LOOP;
  END LOOP;

  -- Units. Those without an account are served by a dispatcher.
  FOR u IN SELECT * FROM (VALUES
      ('enforcement',  '城管综合执法队',     'enforcement',    'enforce1',    false),
      ('city',         '城市管理办公室',     'office_section', 'city1',       true),
      ('safety',       '平安建设办公室',     'office_section', 'safety1',     false),
      ('social',       '社会事务办公室',     'office_section', 'social1',     false),
      ('police',       '槐溪派出所',         'posted_station', 'police1',     false),
      ('sanitation',   '槐溪环卫所',         'posted_station', 'sanitation1', false),
      ('property',     '惠居物业服务站',     'property_firm',  'property1',   false),
      ('property_two', '安和物业服务站',     'property_firm',  NULL,          false),
      ('water',        '槐溪供水所',         'utility',        'water1',      false),
      ('power',        '槐溪供电所',         'utility',        'power1',      false),
      ('heat',         '槐溪供热站',         'utility',        'heat1',       false),
      ('gas',          '槐溪燃气服务站',     'utility',        NULL,          false),
      ('telecom',      '槐溪通信服务站',     'utility',        NULL,          false),
      ('housing',      '示范区住房建设局',   'district_department', 'housing1', false)) x (key, name, kind, who, fallback) LOOP
    t := linli.demo_row(api_1.team_add(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00', 'unit', u.name, NULL, u.kind,
           100, u.fallback, NULL), 'unit');
    INSERT INTO demo_team VALUES (u.key, NULL, t, coalesce(u.who, 'dispatcher1'));
    IF u.who IS NOT NULL THEN
      PERFORM linli.demo_account(here, u.who, u.name || '经办人', 'unit_clerk', 'office', office, password_hash);
    END IF;
  END LOOP;

  PERFORM linli.demo_account(here, x.name, x.title, x.role, 'office', office, password_hash)
    FROM (VALUES ('dispatcher1', '调度员一', 'dispatcher'), ('dispatcher2', '调度员二', 'dispatcher'),
                 ('clerk1', '受理员一', 'intake_clerk'), ('clerk2', '受理员二', 'intake_clerk'), ('clerk3', '受理员三', 'intake_clerk'),
                 ('shift1', '值班长一', 'shift_leader'), ('shift2', '值班长二', 'shift_leader'),
                 ('callback1', '回访员一', 'callback_clerk'), ('callback2', '回访员二', 'callback_clerk'),
                 ('supervisor1', '督查员一', 'supervisor'), ('chief1', '带班领导一', 'office_leader'),
                 ('manager1', '街道管理员', 'administrator'), ('auditor1', '审计员一', 'auditor')) x (name, title, role);

  -- Who is a member of what; a unit without a member has no account.
  FOR u IN SELECT d.team, a.id AS account, d.who FROM demo_team d JOIN linli.account a ON a.name = d.who
            WHERE d.who <> 'dispatcher1' ORDER BY d.team LOOP
    PERFORM linli.demo_row(api_1.member_add(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00', u.team, u.account, true), 'member');
  END LOOP;
  PERFORM linli.demo_due();
  RETURN office;
END $$;

CREATE OR REPLACE FUNCTION linli.demo_account(here bigint, name text, title text, role text, scope text, scope_id bigint,
                                              password_hash text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM linli.demo_row(api_1.account_add(NULL, linli.demo_id(), here, NULL, linli.clock(), '\x00', name, title,
    password_hash, role, scope, scope_id), 'account ' || name);
END $$;

-- Run what is due by now, as the scheduler would.
CREATE OR REPLACE FUNCTION linli.demo_due() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  d record;
BEGIN
  LOOP
    SELECT * INTO d FROM api_1.due_list(1);
    EXIT WHEN NOT FOUND;
    PERFORM api_1.due_run(NULL, d.id, d.stream, NULL, linli.clock(), d.digest, d.job);
  END LOOP;
END $$;

-- Who does the work, and what it is about. Rows of office streams.

CREATE TABLE linli.team (
  id        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind      text    NOT NULL CHECK (kind IN ('volunteers', 'cadres', 'party_members', 'unit')),
  name      text    NOT NULL CHECK (name <> ''),
  office    bigint  NOT NULL REFERENCES linli.office,
  community bigint  REFERENCES linli.community,      -- NULL: the whole office
  unit_kind text    CHECK (unit_kind IN ('office_section', 'enforcement', 'posted_station', 'committee',
                                         'property_firm', 'utility', 'district_department')),
  capacity  bigint  CHECK (capacity BETWEEN 0 AND 100000),
  fallback  boolean NOT NULL DEFAULT false,          -- 兜底单位
  disabled  boolean NOT NULL DEFAULT false,
  pinyin    text,
  version   bigint  NOT NULL DEFAULT 1,
  has_accounts boolean NOT NULL DEFAULT false,       -- kept by the effect team.accounts of a membership
  CONSTRAINT team_unit_kind CHECK (unit_kind IS NULL OR kind = 'unit'),
  UNIQUE (office, name)
);
CREATE INDEX team_by_community ON linli.team (community);

CREATE TABLE linli.member (
  id        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  team      bigint  NOT NULL REFERENCES linli.team,
  account   bigint  NOT NULL REFERENCES linli.account,
  leader    boolean NOT NULL DEFAULT false,
  from_date date    NOT NULL,
  to_date   date                                     -- the last day it counts
);
CREATE INDEX member_by_team ON linli.member (team);
CREATE INDEX member_by_account ON linli.member (account);
CREATE UNIQUE INDEX member_once ON linli.member (team, account) WHERE to_date IS NULL;

-- office NULL: for all offices. Those planted here have version 0 and no event: they are part of the program; the first
-- change by the root office makes an event of the whole row.
CREATE TABLE linli.category (
  id           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  office       bigint  REFERENCES linli.office,
  parent       bigint  REFERENCES linli.category,
  code         text    NOT NULL CHECK (code ~ '^[a-z0-9_.]{1,32}$'),
  name         text    NOT NULL CHECK (name <> ''),
  english      text    NOT NULL,
  class        text    NOT NULL DEFAULT 'ordinary'
               CHECK (class IN ('critical', 'urgent', 'enquiry', 'ordinary', 'difficult')),
  confidential boolean NOT NULL DEFAULT false,
  version      bigint  NOT NULL DEFAULT 1,
  UNIQUE NULLS NOT DISTINCT (code, office)
);
CREATE INDEX category_by_parent ON linli.category (parent);
CREATE INDEX category_by_office ON linli.category (office);

-- The first four roots are what a grid's posts report; the others are proposals, to be changed by each office.
INSERT INTO linli.category (code, name, english, version) VALUES
  ('demand',       '群众诉求',     'Mass demand',             0),
  ('hazard',       '安全隐患',     'Safety hazard',           0),
  ('conflict',     '矛盾纠纷',     'Conflict',                0),
  ('construction', '社区建设',     'Community construction',  0),
  ('livelihood',   '民生服务',     'Livelihood service',      0),
  ('special',      '特殊群体帮扶', 'Help for special groups', 0),
  ('order',        '公共秩序',     'Public order',            0),
  ('environment',  '环境卫生',     'Environment',             0),
  ('facility',     '公共设施',     'Facilities',              0),
  ('property',     '物业管理',     'Property management',     0),
  ('policy',       '政策咨询',     'Policy enquiry',          0),
  ('praise',       '表扬建议',     'Praise and advice',       0);

INSERT INTO linli.category (parent, code, name, english, class, confidential, version)
SELECT p.id, v.code, v.name, v.english, v.class, v.confidential, 0
  FROM (VALUES
  ('demand.collective',     '集体诉求',       'Collective demand',            'difficult', false),
  ('demand.conduct',        '作风举报',       'Report on conduct',            'ordinary',  true),
  ('demand.other',          '其他诉求',       'Other demand',                 'ordinary',  false),
  ('hazard.gas',            '燃气异味',       'Smell of gas',                 'critical',  false),
  ('hazard.ebike',          '飞线充电',       'Unsafe e-bike charging',       'urgent',    false),
  ('hazard.fire_lane',      '消防通道堵占',   'Blocked fire lane',            'urgent',    false),
  ('hazard.manhole',        '井盖破损',       'Loose manhole cover',          'urgent',    false),
  ('hazard.flooding',       '积水内涝',       'Flooding',                     'critical',  false),
  ('hazard.facade',         '外墙脱落',       'Falling facade',               'urgent',    false),
  ('conflict.noise',        '噪声扰民',       'Noise',                        'ordinary',  false),
  ('conflict.renovation',   '装修施工扰民',   'Noise of renovation',          'ordinary',  false),
  ('conflict.neighbour',    '邻里纠纷',       'Dispute of neighbours',        'ordinary',  false),
  ('conflict.domestic',     '家庭矛盾',       'Domestic conflict',            'urgent',    true),
  ('construction.lift',     '加装电梯',       'Adding a lift',                'difficult', false),
  ('construction.fitness',  '健身设施',       'Fitness equipment',            'difficult', false),
  ('construction.renewal',  '老旧小区改造',   'Renewal of old estates',       'difficult', false),
  ('livelihood.water',      '供水',           'Water supply',                 'urgent',    false),
  ('livelihood.power',      '供电',           'Power supply',                 'urgent',    false),
  ('livelihood.gas',        '供气',           'Gas supply',                   'urgent',    false),
  ('livelihood.heating',    '供暖',           'Heating',                      'urgent',    false),
  ('livelihood.telecom',    '通信',           'Telecommunication',            'ordinary',  false),
  ('special.not_seen',      '独居老人未露面', 'Elder not seen',               'critical',  false),
  ('special.home_service',  '上门服务',       'Service at home',              'ordinary',  false),
  ('special.assistance',    '困难帮扶',       'Assistance in hardship',       'ordinary',  false),
  ('order.parking',         '停车管理',       'Parking',                      'ordinary',  false),
  ('order.traffic',         '交通拥堵',       'Congestion',                   'ordinary',  false),
  ('order.vendor',          '占道经营',       'Vendors in the street',        'ordinary',  false),
  ('order.pets',            '犬只管理',       'Dogs',                         'ordinary',  false),
  ('environment.waste',     '垃圾清运',       'Waste collection',             'ordinary',  false),
  ('environment.fumes',     '餐饮油烟',       'Kitchen fumes',                'ordinary',  false),
  ('environment.greening',  '绿化养护',       'Greenery',                     'ordinary',  false),
  ('environment.clutter',   '楼道堆物',       'Clutter in stairwells',        'ordinary',  false),
  ('facility.light',        '路灯',           'Street lights',                'ordinary',  false),
  ('facility.road',         '道路破损',       'Damaged road',                 'ordinary',  false),
  ('facility.access',       '无障碍设施',     'Barrier-free access',          'ordinary',  false),
  ('facility.drain',        '排水堵塞',       'Blocked drain',                'ordinary',  false),
  ('property.lift',         '电梯故障',       'Lift out of order',            'urgent',    false),
  ('property.leak',         '房屋漏雨',       'Leaking roof',                 'difficult', false),
  ('property.fees',         '物业收费',       'Property fees',                'ordinary',  false),
  ('property.service',      '物业服务',       'Property service',             'ordinary',  false),
  ('policy.allowance',      '津贴补助',       'Allowances',                   'enquiry',   false),
  ('policy.papers',         '办事材料',       'Papers and procedures',        'enquiry',   false),
  ('policy.other',          '其他咨询',       'Other enquiry',                'enquiry',   false),
  ('praise.thanks',         '表扬感谢',       'Thanks',                       'ordinary',  false),
  ('praise.advice',         '意见建议',       'Advice',                       'ordinary',  false)
  ) AS v (code, name, english, class, confidential)
  JOIN linli.category p ON p.code = split_part(v.code, '.', 1);

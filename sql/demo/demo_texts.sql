-- What residents of the demo office ask for. Invented, after desk.md; {b} a building, {u} its entrance, {r} a floor.

-- share: of its group within all; groups in per cent. team: which unit leads ('cadres', 'volunteers', 'party' are the
-- community's own teams). season: only then: rain, heating.
CREATE OR REPLACE FUNCTION linli.demo_texts() RETURNS TABLE (
    kind text, share double precision, category text, nature text, team text, season text, title text, text text, answer text)
  LANGUAGE sql IMMUTABLE AS $$
  SELECT v.column1, g.column2::double precision / count(*) OVER (PARTITION BY v.column1),
         v.column2, v.column3, v.column4, nullif(v.column5, ''), v.column6, v.column7, v.column8
    FROM (VALUES
  ('property', 'property.lift', 'help', 'property', '', '{b}号楼电梯停运，老人下不了楼', '{b}号楼{u}单元电梯昨晚起停运，楼里有几位老人下不了楼，请尽快维修。', '维保单位已更换控制板，电梯恢复运行。'),
  ('property', 'property.leak', 'enquiry', 'housing', '', '顶层漏雨，维修资金怎么用', '{b}号楼顶层住户反映屋面漏雨，想知道怎样申请使用维修资金。', '已说明维修资金的申请条件和所需材料，并安排现场勘查。'),
  ('property', 'property.fees', 'complaint', 'property', '', '物业费收支请公示', '居民希望物业公示上半年物业费和公共收益收支明细。', '物业已在公告栏公示收支明细，公示期十五天。'),
  ('property', 'property.service', 'complaint', 'property_two', '', '{b}号楼单元门禁损坏多日', '{b}号楼{u}单元门禁坏了三天，外来人员随意进出。', '门禁电源已更换，功能恢复。'),
  ('property', 'property.service', 'help', 'property_two', '', '{b}号楼楼道灯不亮', '{b}号楼{u}单元{r}层楼道灯坏了，晚上看不清台阶。', '已更换灯具，并检查了同单元其他楼层。'),
  ('environment', 'environment.waste', 'complaint', 'sanitation', '', '厨余桶满溢未清运', '{b}号楼旁厨余垃圾桶两天没有清运，气味很大。', '环卫已清运并冲洗点位，增加一次午间清运。'),
  ('environment', 'environment.fumes', 'complaint', 'enforcement', '', '楼下餐馆油烟直排', '{b}号楼底商餐馆油烟直排到住户窗口，晚饭时最重。', '执法队已责令商户清洗并修复净化设备，三日后复查。'),
  ('environment', 'environment.greening', 'suggestion', 'city', '', '枯枝悬在步道上方', '{b}号楼前步道上方有枯枝，担心掉落伤人。', '园林养护人员已修剪。'),
  ('environment', 'environment.clutter', 'complaint', 'cadres', '', '{b}号楼楼道堆满杂物', '{b}号楼{u}单元{r}层楼道堆放纸箱和旧家具，进出不便。', '社区已上门劝导，杂物清理完毕。'),
  ('parking', 'order.parking', 'complaint', 'property', '', '外来车辆占用固定车位', '{b}号楼下固定车位经常被外来车辆占用，请加强管理。', '已加装道闸登记，并劝离占位车辆。'),
  ('parking', 'order.traffic', 'suggestion', 'police', '', '放学时段校门口拥堵', '下午放学时学校门口双排停车，居民出不去。', '派出所增派高峰疏导，划定临时接送区。'),
  ('parking', 'order.parking', 'complaint', 'cadres', '', '共享单车堵住单元门', '{b}号楼{u}单元门口堆满共享单车，轮椅过不去。', '已联系企业清运，并划定停放区。'),
  ('parking', 'order.parking', 'suggestion', 'city', '', '希望增加夜间临时停车位', '下班后车位不够，希望利用周边道路设夜间临时车位。', '已实地核对，新增夜间车位二十个。'),
  ('facility', 'facility.light', 'help', 'city', '', '路灯连续三盏不亮', '{b}号楼北侧路灯连续三盏不亮，晚上走路害怕。', '线路故障已修复，路灯恢复照明。'),
  ('facility', 'livelihood.water', 'help', 'water', '', '整栋楼自来水发黄', '{b}号楼从早上起自来水发黄，放了很久还是浑。', '管网冲洗完毕，水质检测合格。'),
  ('facility', 'livelihood.heating', 'complaint', 'heat', 'heating', '供暖后室温只有15度', '{b}号楼{u}单元{r}层室温只有15度，家里有老人。', '已清洗过滤器并调节阀门，室温复测达标。'),
  ('facility', 'livelihood.power', 'help', 'power', '', '{b}号楼{u}单元突然停电', '{b}号楼{u}单元停电，其他单元正常。', '表箱开关已更换，恢复供电。'),
  ('facility', 'livelihood.telecom', 'complaint', 'telecom', '', '宽带故障报修无人上门', '{b}号楼宽带断了两天，报修后无人上门。', '线路已重新接续，网络恢复。'),
  ('facility', 'facility.access', 'complaint', 'cadres', '', '残疾人坡道被花坛挡住', '{b}号楼前无障碍坡道被新花坛挡住，轮椅上不去。', '花坛已移位，坡道畅通。'),
  ('facility', 'hazard.manhole', 'help', 'city', '', '井盖松动，夜间有响声', '{b}号楼路口井盖松动，车一过就响，夜里睡不着。', '井盖已加垫固定。'),
  ('noise', 'conflict.noise', 'complaint', 'police', '', '广场舞音响晚九点未停', '广场舞音响到晚上九点还没停，孩子无法休息。', '已与领队约定时间和音量，晚八点半前结束。'),
  ('noise', 'conflict.renovation', 'complaint', 'property', '', '楼上装修周末施工', '{b}号楼{u}单元楼上周末还在装修，电钻声不断。', '已要求施工方按公约时间施工，周末停工。'),
  ('noise', 'conflict.neighbour', 'help', 'cadres', '', '邻里因空调外机争执', '{b}号楼两户因空调外机位置和滴水起争执，请社区调解。', '经调解，外机移位并加装导水管，双方签字认可。'),
  ('noise', 'order.pets', 'complaint', 'volunteers', '', '遛狗不牵绳', '傍晚有人在小区里遛狗不牵绳，老人孩子害怕。', '志愿者已上门劝导，并在出入口张贴提示。'),
  ('hazard', 'hazard.ebike', 'report', 'safety', '', '楼道飞线给电动车充电', '{b}号楼{u}单元有人从楼上飞线给电动车充电。', ''),
  ('hazard', 'hazard.ebike', 'complaint', 'safety', '', '{b}号楼电动车进楼充电', '{b}号楼{u}单元{r}层电动车推进楼道充电，担心起火。', '已劝离并引导到集中充电棚，加装提示牌。'),
  ('hazard', 'hazard.gas', 'help', 'gas', '', '{u}单元厨房有燃气味', '{b}号楼{u}单元{r}层厨房闻到燃气味，已开窗关阀。', '燃气人员到场更换软管，检测无泄漏。'),
  ('hazard', 'hazard.fire_lane', 'complaint', 'safety', '', '消防通道被私家车堵占', '{b}号楼旁消防通道被私家车堵住，消防车进不来。', '车主已挪车，通道重新划线并立牌。'),
  ('hazard', 'hazard.flooding', 'help', 'property', 'rain', '暴雨后地下车库积水', '暴雨后地下车库积水已到脚踝，请派人抽水。', '排水泵抽排完毕，排水口已清淤。'),
  ('policy', 'policy.allowance', 'enquiry', 'social', '', '高龄津贴怎样申请', '家中老人刚满八十岁，问高龄津贴怎样申请、要什么材料。', '已告知条件、材料和办理窗口，可由网格员代办。'),
  ('policy', 'policy.papers', 'enquiry', 'social', '', '居住证办理需要哪些材料', '外地来此居住，想办居住证，问需要哪些材料。', '已告知所需材料和办理时间。'),
  ('policy', 'policy.other', 'enquiry', 'social', '', '社区食堂什么时候开', '问社区食堂开放时间和老人优惠。', '已告知开放时间和优惠办法。'),
  ('special', 'special.not_seen', 'help', 'cadres', '', '独居老人两天未取牛奶', '{b}号楼{u}单元独居老人两天没取牛奶，敲门没有回应。', '社区与家属联系并上门，老人在亲戚家，平安。'),
  ('special', 'special.home_service', 'help', 'party', '', '行动不便，请上门办认证', '老人行动不便，请上门帮助办理待遇资格认证。', '党员服务队已上门协助完成认证。'),
  ('special', 'special.assistance', 'help', 'volunteers', '', '术后独居，想请人代买药', '刚做完手术一个人住，想请志愿者代买药和菜。', '志愿者已结对，每周上门三次。'),
  ('construction', 'construction.lift', 'suggestion', 'housing', '', '小区申请加装电梯，意见不一', '{b}号楼想加装电梯，低层住户不同意，请帮助协调。', '已组织两次议事会，形成补偿方案，进入公示。'),
  ('construction', 'construction.fitness', 'suggestion', 'cadres', '', '希望增设健身器材', '小广场没有健身器材，希望增设几件适合老人的。', '已列入今年微更新项目，点位公示中。'),
  ('praise', 'praise.thanks', 'praise', 'cadres', '', '感谢网格员雨夜帮忙', '感谢网格员雨夜帮忙搬沙袋、送老人回家。', '已转达，谢谢您的肯定。')
    ) v
    JOIN (VALUES ('property', 18), ('environment', 16), ('parking', 14), ('facility', 14), ('noise', 12), ('hazard', 9),
                 ('policy', 8), ('special', 5), ('construction', 3), ('praise', 1)) g ON g.column1 = v.column1
$$;

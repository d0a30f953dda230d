-- tiny.lua: protocol tiny, version 2, for Wireshark and tshark. Made by proto/generate.py from the schema; change that, not this.
local NAME, VERSION = "tiny", 2

local enums = {
  stream_kind = { [1] = "office", [2] = "community" },
  right = { [1] = "follow", [2] = "work" },
  refusal = { [1] = "not_allowed" },
  error = { [1] = "bad_frame", [2] = "busy" },
}

local messages = {
  ["frame.hello"] = {
    [1] = { name = "version", kind = "uint", wire = 0 },
    [2] = { name = "now", kind = "time", wire = 0 },
  },
  ["frame.sign_in"] = {
    [1] = { name = "token", kind = "bytes", wire = 2, secret = true },
  },
  ["frame.command"] = {
    [1] = { name = "id", kind = "uuid", wire = 3 },
    [2] = { name = "kind", kind = "uint", wire = 0 },
    [3] = { name = "body", kind = "bytes", wire = 2 },
  },
  ["frame.rows"] = {
    [1] = { name = "rows", kind = "bytes", wire = 2, list = true },
    [2] = { name = "refusal", kind = "enum", wire = 0, enum = "refusal" },
    [3] = { name = "error", kind = "enum", wire = 0, enum = "error" },
    [4] = { name = "places", kind = "message", wire = 2, list = true, message = "message.place" },
  },
  ["frame.present"] = {
  },
  ["message.place"] = {
    [1] = { name = "latitude", kind = "int", wire = 0 },
    [2] = { name = "longitude", kind = "int", wire = 0 },
  },
  ["message.job"] = {
    [1] = { name = "id", kind = "uuid", wire = 3 },
    [2] = { name = "title", kind = "text", wire = 2 },
    [3] = { name = "due", kind = "date", wire = 0 },
    [4] = { name = "done", kind = "bool", wire = 0 },
    [5] = { name = "tags", kind = "text", wire = 2, list = true },
    [6] = { name = "chain", kind = "fixed", wire = 1 },
    [7] = { name = "at", kind = "message", wire = 2, message = "message.place" },
    [8] = { name = "photo", kind = "uuid", wire = 3 },
    [9] = { name = "right", kind = "enum", wire = 0, enum = "right" },
  },
  ["message.caller"] = {
    [1] = { name = "job", kind = "uuid", wire = 3 },
    [2] = { name = "phone", kind = "text", wire = 2 },
  },
  ["command.job.add"] = {
    [1] = { name = "job", kind = "uuid", wire = 3 },
    [2] = { name = "title", kind = "text", wire = 2 },
    [3] = { name = "phone", kind = "text", wire = 2 },
    [4] = { name = "teams", kind = "uint", wire = 2, list = true },
    [5] = { name = "needed", kind = "enum", wire = 2, list = true, enum = "right" },
    [6] = { name = "spots", kind = "message", wire = 2, list = true, message = "message.place" },
    [7] = { name = "at", kind = "message", wire = 2, message = "message.place" },
    [8] = { name = "password", kind = "text", wire = 2, secret = true },
  },
  ["command.job.draft"] = {
  },
  ["command.job.typing"] = {
    [1] = { name = "job", kind = "uuid", wire = 3 },
  },
  ["command.job.expire"] = {
  },
  ["query.job.list"] = {
    [1] = { name = "done", kind = "bool", wire = 0 },
    [2] = { name = "phone", kind = "text", wire = 2 },
  },
  ["event.job.added"] = {
  },
  ["event.job.changed"] = {
    [1] = { name = "note", kind = "text", wire = 2 },
  },
}

local frames = {
  [1] = "hello",
  [2] = "sign_in",
  [3] = "command",
  [4] = "rows",
  [5] = "present",
}
local commands = {
  [257] = "job.add",
  [258] = "job.draft",
  [259] = "job.typing",
  [260] = "job.expire",
}
local queries = {
  [320] = "job.list",
}
local nouns = {
  [6] = "place",
  [256] = "job",
  [257] = "caller",
}
local events = {
  [384] = { name = "job.added", row = "message.job" },
  [385] = { name = "job.changed", row = "message.job" },
}
local returned = {
  [320] = "message.job",
}

-- From here on by hand (proto/gen/dissector.lua): walks the tables above.
--
--   TCP or TLS bytes -> take_frame -> frame tree -> dissect_fields -> nested bodies by the numbers read on the way
--
-- Every field of the schema is a filter: linli.frame.command.kind == 0x1003, linli.command.request.dispatch.team == 7.

local VARINT, EIGHT, LENGTH, SIXTEEN = 0, 1, 2, 3
local HEADER_MAX = 5 -- bytes of a frame's length at most

local protocol = Proto(NAME, "Protocol " .. NAME .. " version " .. VERSION)
local fields = {
  length = ProtoField.uint32(NAME .. ".length", "Length"),
  type = ProtoField.uint32(NAME .. ".type", "Type", base.DEC, frames),
  correlation = ProtoField.uint32(NAME .. ".correlation", "Correlation id"),
  unknown = ProtoField.bytes(NAME .. ".unknown", "Unknown field"),
  secret = ProtoField.string(NAME .. ".secret", "Secret"),
}
local malformed = ProtoExpert.new(NAME .. ".malformed", "Not a message of this protocol", expert.group.MALFORMED, expert.severity.ERROR)
protocol.experts = { malformed }
protocol.prefs.port = Pref.uint("TCP port", 0, "Port that carries frames without TLS or as TLS; 0 for none")

local MAKERS = {
  uint = function(abbr, name) return ProtoField.uint64(abbr, name) end,
  int = function(abbr, name) return ProtoField.int64(abbr, name) end,
  bool = function(abbr, name) return ProtoField.bool(abbr, name) end,
  time = function(abbr, name) return ProtoField.absolute_time(abbr, name, base.UTC) end,
  date = function(abbr, name) return ProtoField.string(abbr, name) end,
  fixed = function(abbr, name) return ProtoField.uint64(abbr, name, base.HEX) end,
  enum = function(abbr, name, field) return ProtoField.uint32(abbr, name, base.DEC, enums[field.enum]) end,
  uuid = function(abbr, name) return ProtoField.guid(abbr, name) end,
  text = function(abbr, name) return ProtoField.string(abbr, name, base.UNICODE) end,
  bytes = function(abbr, name) return ProtoField.bytes(abbr, name) end,
  message = function(abbr, name) return ProtoField.none(abbr, name) end,
}

local function declare_fields()
  local all = {}
  for _, field in pairs(fields) do all[#all + 1] = field end
  for message, rows in pairs(messages) do
    for _, field in pairs(rows) do
      field.proto = MAKERS[field.kind](NAME .. "." .. message .. "." .. field.name, field.name, field)
      all[#all + 1] = field.proto
    end
  end
  protocol.fields = all
end
declare_fields()

-- The varint at `at`: its value as UInt64 and what follows it; nothing when the bytes end inside it.
local function read_varint(tvb, at)
  local value, shift = UInt64(0), 0
  while at < tvb:len() and shift < 64 do
    local byte = tvb(at, 1):uint()
    value = value:bor(UInt64(byte % 128):lshift(shift))
    at, shift = at + 1, shift + 7
    if byte < 128 then return value, at end
  end
  return nil
end

local function unzigzag(value)
  local half = value:rshift(1)
  return Int64(half:lower(), half:higher()):bxor(-Int64(value:band(1):tonumber()))
end

local function iso_date(days)
  -- Days to a civil date (proleptic Gregorian): years begin in March, so the leap day is a year's last.
  local shifted = days + 719468
  local era = math.floor(shifted / 146097)
  local day = shifted - era * 146097
  local year = math.floor((day - math.floor(day / 1460) + math.floor(day / 36524) - math.floor(day / 146096)) / 365)
  local of_year = day - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  local date = of_year - math.floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return string.format("%04d-%02d-%02d", year + era * 400 + (month <= 2 and 1 or 0), month, date)
end

local function nstime(micros)
  return NSTime.new((micros / 1000000):tonumber(), (micros % 1000000):tonumber() * 1000)
end

local ADD_VARINT = {
  uint = function(tree, field, range, value) return tree:add(field.proto, range, value) end,
  int = function(tree, field, range, value) return tree:add(field.proto, range, unzigzag(value)) end,
  bool = function(tree, field, range, value) return tree:add(field.proto, range, value:tonumber() ~= 0) end,
  time = function(tree, field, range, value) return tree:add(field.proto, range, nstime(value)) end,
  date = function(tree, field, range, value) return tree:add(field.proto, range, iso_date(unzigzag(value):tonumber())) end,
  enum = function(tree, field, range, value) return tree:add(field.proto, range, value:tonumber()) end,
}

local dissect_fields

-- One value of a field whose bytes are `range`; what was read is kept in `seen` for the body that depends on it.
local function add_value(tree, field, range, value, seen)
  if field.secret then
    tree:add(fields.secret, range, "(not shown)"):prepend_text(field.name .. ": ")
  elseif field.kind == "message" then
    dissect_fields(tree:add(field.proto, range), field.message, range, {})
  elseif ADD_VARINT[field.kind] then
    ADD_VARINT[field.kind](tree, field, range, value)
    seen[field.name] = seen[field.name] or value:tonumber()
  elseif field.kind == "fixed" then
    tree:add_le(field.proto, range)
  elseif field.kind == "text" then
    tree:add_packet_field(field.proto, range, ENC_UTF_8 + ENC_STRING)
  else
    local item = tree:add(field.proto, range)
    seen.bodies[#seen.bodies + 1] = { name = field.name, range = range, item = item }
  end
end

-- The content of a value of this wire kind at `at`: range, varint value, what follows. Nothing when it does not fit.
local function read_value(tvb, at, wire)
  local size = wire == EIGHT and 8 or wire == SIXTEEN and 16
  if wire == VARINT then
    local value, after = read_varint(tvb, at)
    if not value then return nil end
    return tvb(at, after - at), value, after
  elseif wire == LENGTH then
    local length
    length, at = read_varint(tvb, at)
    if not length then return nil end
    size = length:tonumber()
  end
  if at + size > tvb:len() then return nil end
  if size == 0 then return tvb(at, 0), nil, at end
  return tvb(at, size), nil, at + size
end

local ELEMENT_WIRE = { fixed = EIGHT, uuid = SIXTEEN, text = LENGTH, bytes = LENGTH, message = LENGTH }

local function add_list(tree, field, range, seen)
  local at, tvb = 0, range:tvb()
  while at < tvb:len() do
    local element, value, after = read_value(tvb, at, ELEMENT_WIRE[field.kind] or VARINT)
    if not element then return false end
    add_value(tree, field, element, value, seen)
    at = after
  end
  return true
end

local function dissect_field(tree, rows, tvb, at, seen)
  local tag, after = read_varint(tvb, at)
  if not tag then return nil end
  local number, wire = tag:rshift(2):tonumber(), tag:band(3):tonumber()
  local range, value
  range, value, after = read_value(tvb, after, wire)
  if not range then return nil end
  local field = rows[number]
  if not field then
    tree:add(fields.unknown, tvb(at, after - at)):append_text(" (number " .. number .. ")")
  elseif field.wire ~= wire or (field.list and range:len() == 0) then
    return nil
  elseif field.list then
    if not add_list(tree, field, range, seen) then return nil end
  else
    add_value(tree, field, range, value, seen)
  end
  return after
end

local function empty(range)
  return range:len() == 0
end

-- Fields of one message; returns what was seen, for bodies whose meaning hangs on a number beside them.
dissect_fields = function(tree, message, range, context)
  local seen = { bodies = {}, context = context }
  if empty(range) then return seen end
  local tvb, at = range:tvb(), 0
  while at < tvb:len() do
    local after = dissect_field(tree, messages[message], tvb, at, seen)
    if not after then
      tree:add_proto_expert_info(malformed, "not a field of " .. message)
      break
    end
    at = after
  end
  if message == "message.snapshot_row" then
    for _, body in ipairs(seen.bodies) do
      if nouns[seen.noun] then dissect_fields(body.item, "message." .. nouns[seen.noun], body.range, {}) end
    end
  end
  return seen
end

-- Which message a frame's body is, by frame and name of the field; and what to call the whole in the packet list.
local BODIES = {
  command = function(seen) return commands[seen.kind], function() return "command." .. commands[seen.kind] end end,
  query = function(seen) return queries[seen.kind], function() return "query." .. queries[seen.kind] end end,
  present = function(seen) return commands[seen.kind], function() return "command." .. commands[seen.kind] end end,
  event = function(seen)
    local event = events[seen.kind]
    return event and event.name, function(name) return name == "note" and "event." .. event.name or event.row end
  end,
}

-- What was asked under a correlation id tells what the rows of its answer are.
local asked = {}
local function conversation(pinfo, correlation)
  local ends = { tostring(pinfo.src) .. ":" .. pinfo.src_port, tostring(pinfo.dst) .. ":" .. pinfo.dst_port }
  table.sort(ends)
  return ends[1] .. " " .. ends[2] .. " " .. correlation
end

local function dissect_bodies(frame, seen, pinfo, correlation)
  local place = conversation(pinfo, correlation)
  if frame == "query" then asked[place] = seen.kind end
  if frame == "rows" then
    local row = returned[asked[place]]
    for _, body in ipairs(seen.bodies) do
      if row then dissect_fields(body.item, row, body.range, {}) end
    end
    return nil
  end
  if not BODIES[frame] then return nil end
  local name, message_of = BODIES[frame](seen)
  for _, body in ipairs(seen.bodies) do
    if name and (body.name == "body" or body.name == "note") then
      dissect_fields(body.item, message_of(body.name), body.range, {})
    end
  end
  return name
end

-- The frame at `at`: offset after it, or nil and how many bytes are lacking (nil when unknown).
local function frame_end(tvb, at)
  local length, after = read_varint(tvb, at)
  if not length then return nil, tvb:len() - at >= HEADER_MAX and 0 or nil end
  local stop = after + length:tonumber()
  if stop > tvb:len() then return nil, stop - tvb:len() end
  return stop
end

local function dissect_frame(tvb, pinfo, root)
  local tree = root:add(protocol, tvb())
  local length, at = read_varint(tvb, 0)
  tree:add(fields.length, tvb(0, at), length:tonumber())
  local kind, after = read_varint(tvb, at)
  local correlation, rest
  if kind then correlation, rest = read_varint(tvb, after) end
  if not correlation then
    tree:add_proto_expert_info(malformed, "ends inside its head")
    return "malformed"
  end
  tree:add(fields.type, tvb(at, after - at), kind:tonumber())
  tree:add(fields.correlation, tvb(after, rest - after), correlation:tonumber())
  local name = frames[kind:tonumber()]
  if not name then return "frame " .. kind:tonumber() end
  if rest == tvb:len() then return name end
  local seen = dissect_fields(tree, "frame." .. name, tvb(rest), {})
  local body = dissect_bodies(name, seen, pinfo, correlation:tonumber())
  tree:append_text(", " .. name .. (body and " " .. body or ""))
  return body and name .. " " .. body or name
end

function protocol.init()
  asked = {}
end

function protocol.dissector(tvb, pinfo, root)
  local at, names = 0, {}
  pinfo.cols.protocol = NAME
  while at < tvb:len() do
    local stop, lacking = frame_end(tvb, at)
    if not stop then
      if lacking == 0 then return 0 end -- no frame begins here: not ours
      pinfo.desegment_offset = at
      pinfo.desegment_len = lacking or DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    names[#names + 1] = dissect_frame(tvb(at, stop - at):tvb(), pinfo, root)
    at = stop
  end
  if #names > 0 then pinfo.cols.info = table.concat(names, ", ") end
  return tvb:len()
end

local tcp = DissectorTable.get("tcp.port")
local port = 0
function protocol.prefs_changed()
  if port ~= 0 then tcp:remove(port, protocol) end
  port = protocol.prefs.port
  if port ~= 0 then tcp:add(port, protocol) end
end

tcp:add_for_decode_as(protocol)
DissectorTable.get("tls.alpn"):add(NAME .. "/1", protocol)

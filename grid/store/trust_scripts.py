"""The Lua scripts of trust: gradients are refused, results audited, workers banned. See ``docs/security.md``.

As those of ``scripts.py`` they are idempotent. KEYS[1] is ``run:{id}``; the keys that begin with it are listed in
``grid/store/keys.py``.
"""

from __future__ import annotations

_NOW_MS = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

_RUN = """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'shards', 'token')
if not run[1] then return {'missing'} end
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[1] then return {'stale'} end
local done, leases = KEYS[1] .. ':done:' .. ARGV[1], KEYS[1] .. ':leases:' .. ARGV[1]
local audits, trust = KEYS[1] .. ':audits:' .. ARGV[1], KEYS[1] .. ':trust'
"""

# KEYS  a hash
# ARGV  field, value
DROP_FIELD = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'accepted'
"""

# Takes a gradient back, if it counts, and notes an attempt at its shard that failed. For a while the worker that made
# it is not granted this shard again. One attempt is noted once: by its token.
# KEYS  run
# ARGV  step, shard, token, worker, reason, ms for which the worker is not to have the shard
# Reply outcome, then all attempts at the shard: worker and reason
REFUSE_SHARD = (
    _NOW_MS
    + _RUN
    + """
local record = redis.call('HGET', done, ARGV[2])
local ok, value = pcall(cjson.decode, record or '{}')
if record and (not ok or type(value) ~= 'table' or value['token'] == nil or value['token'] == ARGV[3]) then
  redis.call('HDEL', done, ARGV[2])
end
local refused = KEYS[1] .. ':refused:' .. ARGV[1]
redis.call('HSETNX', refused, ARGV[2] .. ':' .. ARGV[3], ARGV[4] .. ' ' .. ARGV[5])
redis.call('HSET', refused, ARGV[2] .. '@' .. ARGV[4], ms + ARGV[6])
redis.call('EXPIRE', refused, 3600)
redis.call('HDEL', leases, 'gradient:' .. ARGV[2])
local reply = {'accepted'}
local fields = redis.call('HGETALL', refused)
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, #ARGV[2] + 1) == ARGV[2] .. ':' then table.insert(reply, fields[i + 1]) end
end
return reply
"""
)

# Draws which results are audited: each once, after it was committed, so that nobody can know while it is computed. The
# first ones of a worker are, every one that would be the last of a window without an audit, and others by chance. The
# chance comes from the caller and from the microseconds of the server's clock.
# ARGV  ..., rate, window, probation, random text: from ARGV[first] on
_DRAW = """
local function decoded(text)
  local ok, value = pcall(cjson.decode, text)
  return ok and type(value) == 'table' and value or {}
end
local function joined(value)
  local ok, text = pcall(table.concat, value, ' ')
  return ok and text or ''
end
local function draw(first)
  local rate, window, probation = tonumber(ARGV[first]), tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  local records = redis.call('HGETALL', done)
  for i = 1, #records, 2 do
    local shard, record = records[i], decoded(records[i + 1])
    local token, worker = tostring(record['token']), tostring(record['worker'])
    if record['token'] and redis.call('HGET', audits, 'drawn:' .. shard) ~= token then
      local results, since = string.match(redis.call('HGET', trust, 'worker:' .. worker) or '0 0', '^(%d+) (%d+)$')
      results, since = results + 1, since + 1
      local chance = redis.sha1hex(ARGV[first + 3] .. clock[1] .. ' ' .. clock[2] .. token)
      local drawn = tonumber(string.sub(chance, 1, 8), 16) / 4294967296 < rate
      redis.call('HSET', audits, 'drawn:' .. shard, token)
      redis.call('HDEL', audits, 'open:' .. shard)
      if drawn or results <= probation or since >= window then
        redis.call('HSET', audits, 'open:' .. shard, cjson.encode({
          token = token, worker = worker, class = tostring(record['class']), number = results, opened = ms}))
        since = 0
      end
      redis.call('HSET', trust, 'worker:' .. worker, results .. ' ' .. since)
    end
  end
  redis.call('EXPIRE', audits, 3600)
end
local function needed(shard)
  local open, record = redis.call('HGET', audits, 'open:' .. shard), redis.call('HGET', done, shard)
  if not open or not record then return nil end
  open, record = cjson.decode(open), decoded(record)
  if open['token'] ~= record['token'] then return nil end
  local agree, differ, prefix = 0, 0, 'seen:' .. shard .. ':' .. open['token'] .. ':'
  local fields = redis.call('HGETALL', audits)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, #prefix) == prefix then
      local same = joined(decoded(fields[i + 1])['chunks']) == joined(record['chunks'])
      if same then agree = agree + 1 else differ = differ + 1 end
    end
  end
  if agree == 0 and differ <= 1 then return open end
  return nil
end
"""

# Grants an audit: of another worker's result of the same class that this one has not audited yet.
# KEYS  run
# ARGV  step, worker, class, ms of a lease, then as _DRAW
# Reply outcome (granted, none, banned, stale), and if it is 'granted': shard, token of the gradient, token of the
#       version, log entry of the step before or ''
CLAIM_AUDIT = (
    _NOW_MS
    + _RUN
    + _DRAW
    + """
if redis.call('HEXISTS', 'banned', ARGV[2]) == 1 then return {'banned'} end
draw(5)
for shard = 0, run[4] - 1 do
  local open = needed(shard)
  if open and open['worker'] ~= ARGV[2] and open['class'] == ARGV[3]
    and redis.call('HEXISTS', audits, 'seen:' .. shard .. ':' .. open['token'] .. ':' .. ARGV[2]) == 0 then
    local name = 'audit:' .. shard
    local expiry, worker = string.match(redis.call('HGET', leases, name) or '0 -', '^(%d+) (%S+)')
    if tonumber(expiry) <= ms or worker == ARGV[2] then
      redis.call('HSET', leases, name, string.format('%d %s %d', ms + ARGV[4], ARGV[2], ms))
      redis.call('PEXPIRE', leases, 600000)
      local entry = redis.call('HGET', KEYS[1] .. ':log', run[3] - 1) or ''
      return {'granted', tostring(shard), open['token'], run[5], entry}
    end
  end
end
return {'none'}
"""
)

# KEYS  run
# ARGV  step, worker, shard, token, record {chunks, ...}
COMMIT_AUDIT = (
    _RUN
    + """
redis.call('HDEL', leases, 'audit:' .. ARGV[3])
if redis.call('HGET', audits, 'drawn:' .. ARGV[3]) ~= ARGV[4] then return {'stale'} end
redis.call('HSETNX', audits, 'seen:' .. ARGV[3] .. ':' .. ARGV[4] .. ':' .. ARGV[2], ARGV[5])
redis.call('HDEL', trust, 'alone')
return {'accepted'}
"""
)

# Draws, and returns all that is known of the audits of a step.
# KEYS  run
# ARGV  step, ms between two requests for auditors, then as _DRAW
# Reply outcome, ms, '1' if there was nobody to audit before, '1' if auditors are to be sent for, then fields and values
AUDITS = (
    _NOW_MS
    + _RUN
    + _DRAW
    + """
draw(3)
local send = '0'
for shard = 0, run[4] - 1 do
  local expiry = string.match(redis.call('HGET', leases, 'audit:' .. shard) or '0', '^%d+')
  if needed(shard) and tonumber(expiry) <= ms then send = '1' end
end
if ms - (redis.call('HGET', audits, 'sent') or 0) < tonumber(ARGV[2]) then send = '0' end
if send == '1' then redis.call('HSET', audits, 'sent', ms) end
local reply = {'accepted', tostring(ms), redis.call('HGET', trust, 'alone') or '0', send}
for _, value in ipairs(redis.call('HGETALL', audits)) do table.insert(reply, value) end
return reply
"""
)

# Gives up an audit for want of another worker; the next result of its worker is audited instead.
# KEYS  run
# ARGV  step, shard, worker, window
SKIP_AUDIT = (
    _RUN
    + """
if redis.call('HDEL', audits, 'open:' .. ARGV[2]) == 0 then return {'accepted'} end
local results = string.match(redis.call('HGET', trust, 'worker:' .. ARGV[3]) or '0 0', '^%d+')
redis.call('HSET', trust, 'worker:' .. ARGV[3], results .. ' ' .. (ARGV[4] - 1), 'alone', '1')
return {'accepted'}
"""
)

# KEYS  banned
# ARGV  worker, record, seconds for which it is known
BAN = """
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 'accepted'
"""

# The first one told stays: by what gradients of this run are measured.
# KEYS  run
# ARGV  norm or ''
TYPICAL_NORM = """
if redis.call('EXISTS', KEYS[1]) == 0 then return {'missing'} end
if ARGV[1] ~= '' then redis.call('HSETNX', KEYS[1] .. ':trust', 'norm', ARGV[1]) end
return {'accepted', redis.call('HGET', KEYS[1] .. ':trust', 'norm') or ''}
"""

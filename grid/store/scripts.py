"""The Lua scripts of the control server: the only way in which the state of a run changes.

Each is idempotent: a call that is sent again because its reply was lost finds its own mark (a token, a nonce, the same
record) and answers as it did before. KEYS[1] is ``run:{id}`` unless said otherwise; the keys that begin with it
(``grid/store/keys.py`` lists them) are built from it, so all keys of a run must be on one server.
"""

_CLOCK = """
local clock = redis.call('TIME')
local now = string.format('%d.%06d', clock[1], clock[2])
"""

# How a run ends: off the active list, on the list of those whose last version is kept, working keys dropped.
_END = (
    _CLOCK
    + """
local function finish(state, step)
  redis.call('HSET', KEYS[1], 'state', state, 'finished', now)
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZADD', KEYS[3], now, ARGV[1])
  redis.call('DEL', KEYS[1] .. ':done:' .. step, KEYS[1] .. ':evaluation:' .. step, KEYS[1] .. ':leases:' .. step)
end
"""
)

# KEYS  run, runs, runs:active
# ARGV  id, token, plan (JSON of run:{id}:versions), manifest (JSON), then field, value, ...
CREATE_RUN = (
    _CLOCK
    + """
if redis.call('EXISTS', KEYS[1]) == 1 then return 'accepted' end
redis.call('HSET', KEYS[1], 'created', now, 'token', ARGV[2], unpack(ARGV, 5))
redis.call('HSET', KEYS[1] .. ':versions', ARGV[2], ARGV[3])
redis.call('SET', KEYS[1] .. ':manifest:' .. ARGV[2], ARGV[4])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
return 'accepted'
"""
)

# KEYS  run
# ARGV  nonce
START_RUN = (
    _CLOCK
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'started_by')
if not run[1] then return 'missing' end
if run[2] == ARGV[1] then return 'accepted' end
if run[1] ~= 'queued' then return 'stale' end
redis.call('HSET', KEYS[1], 'state', 'running', 'started', now, 'started_by', ARGV[1])
return 'accepted'
"""
)

# KEYS  run, runs:active, runs:kept
# ARGV  id, nonce, state (failed or cancelled), error
STOP_RUN = (
    _END
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'step', 'stopped_by')
if not run[1] then return 'missing' end
if run[3] == ARGV[2] then return 'accepted' end
if run[1] ~= 'queued' and run[1] ~= 'running' then return 'stale' end
redis.call('HSET', KEYS[1], 'stopped_by', ARGV[2], 'error', ARGV[4])
finish(ARGV[3], run[2])
return 'accepted'
"""
)

# Refuses a run that is queued or running. Its manifests go by the register of versions.
# KEYS  run, runs, runs:kept
# ARGV  id
DELETE_RUN = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'queued' or state == 'running' then return 'stale' end
for _, token in ipairs(redis.call('HKEYS', KEYS[1] .. ':versions')) do
  redis.call('DEL', KEYS[1] .. ':manifest:' .. token)
end
redis.call('DEL', KEYS[1], KEYS[1] .. ':versions', KEYS[1] .. ':history')
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 'accepted'
"""

# Notes that a version is about to be written, so that whoever makes the next step can clear it away.
# KEYS  run
# ARGV  token, arrays (JSON of name: number of chunks)
REGISTER_VERSION = """
local step = redis.call('HGET', KEYS[1], 'step')
if not step then return 'missing' end
redis.call('HSET', KEYS[1] .. ':versions', ARGV[1], '{"step":' .. step .. ',"arrays":' .. ARGV[2] .. '}')
return 'accepted'
"""

# The current version is never dropped.
# KEYS  run
# ARGV  token
DROP_VERSION = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then return 'stale' end
redis.call('DEL', KEYS[1] .. ':manifest:' .. ARGV[1])
redis.call('HDEL', KEYS[1] .. ':versions', ARGV[1])
return 'accepted'
"""

# First writer wins; the same record again is the writer itself, whose reply was lost.
# KEYS  run
# ARGV  phase, step, shard, record, name of the field with the number of shards, name of the hash
COMMIT_SHARD = """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', ARGV[5])
if not run[1] then return 'missing' end
if tonumber(ARGV[3]) >= tonumber(run[4]) then return 'range' end
if run[1] ~= 'running' or run[2] ~= ARGV[1] or run[3] ~= ARGV[2] then return 'stale' end
local found = KEYS[1] .. ':' .. ARGV[6] .. ':' .. ARGV[2]
if redis.call('HSETNX', found, ARGV[3], ARGV[4]) == 1 then return 'accepted' end
if redis.call('HGET', found, ARGV[3]) == ARGV[4] then return 'accepted' end
return 'duplicate'
"""

# Takes back a committed gradient whose bytes are gone, so that the shard is computed again.
# KEYS  run
# ARGV  step, shard, token
WITHDRAW_GRADIENT = """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step')
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[1] then return 'stale' end
local done = KEYS[1] .. ':done:' .. ARGV[1]
local record = redis.call('HGET', done, ARGV[2])
if not record or cjson.decode(record)['token'] ~= ARGV[3] then return 'stale' end
redis.call('HDEL', done, ARGV[2])
return 'accepted'
"""

# Makes the step: compare-and-set of (step, token), history and clean-up in one.
# Versions registered before this step that are neither the new nor the previous one can no longer be committed.
# KEYS  run, runs:active, runs:kept
# ARGV  id, step, token, record, phase that follows
# Reply outcome, 'ended' or 'active', shards and records of the gradients used, 'versions', tokens to discard
COMMIT_STEP = (
    _END
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'shards', 'token', 'previous', 'steps')
if not run[1] then return {'missing'} end
local ahead = run[3] - ARGV[2]
if (ahead == 1 and run[5] == ARGV[3]) or (ahead == 2 and run[6] == ARGV[3]) then
  return {'accepted', run[1] == 'finished' and 'ended' or 'active', 'versions'}
end
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[2] then return {'stale'} end
local done = KEYS[1] .. ':done:' .. ARGV[2]
if redis.call('HLEN', done) < tonumber(run[4]) then return {'early'} end
if redis.call('EXISTS', KEYS[1] .. ':manifest:' .. ARGV[3]) == 0 then return {'unwritten'} end
local reply = {'accepted', 'active'}
for _, value in ipairs(redis.call('HGETALL', done)) do table.insert(reply, value) end
table.insert(reply, 'versions')
local registered = redis.call('HGETALL', KEYS[1] .. ':versions')
for i = 1, #registered, 2 do
  local old = cjson.decode(registered[i + 1])['step'] < tonumber(ARGV[2])
  if old and registered[i] ~= run[5] and registered[i] ~= ARGV[3] then table.insert(reply, registered[i]) end
end
redis.call('HSET', KEYS[1], 'token', ARGV[3], 'previous', run[5], 'step', ARGV[2] + 1, 'phase', ARGV[5])
redis.call('RPUSH', KEYS[1] .. ':history', ARGV[4])
redis.call('DEL', done, KEYS[1] .. ':leases:' .. ARGV[2])
if ARGV[5] == 'gradient' and ARGV[2] + 1 >= tonumber(run[7]) then
  finish('finished', ARGV[2] + 1)
  reply[2] = 'ended'
end
return reply
"""
)

# KEYS  run, runs:active, runs:kept
# ARGV  id, step, record, nonce
# Reply outcome, 'ended' or 'active'
CONCLUDE_EVALUATION = (
    _END
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'evaluation_shards', 'steps', 'concluded_by')
if not run[1] then return {'missing'} end
if run[6] == ARGV[4] then return {'accepted', run[1] == 'finished' and 'ended' or 'active'} end
if run[1] ~= 'running' or run[2] ~= 'evaluate' or run[3] ~= ARGV[2] then return {'stale'} end
local found = KEYS[1] .. ':evaluation:' .. ARGV[2]
if redis.call('HLEN', found) < tonumber(run[4]) then return {'early'} end
redis.call('RPUSH', KEYS[1] .. ':history', ARGV[3])
redis.call('HSET', KEYS[1], 'phase', 'gradient', 'concluded_by', ARGV[4])
redis.call('DEL', found)
if tonumber(ARGV[2]) >= tonumber(run[5]) then
  finish('finished', ARGV[2])
  return {'accepted', 'ended'}
end
return {'accepted', 'active'}
"""
)

# KEYS  run, run:{id}:counted:{nonce}
# ARGV  bytes up, bytes down, seconds to remember the nonce
COUNT_BYTES = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end
if redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[3]) then
  redis.call('HINCRBY', KEYS[1], 'bytes_up', ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'bytes_down', ARGV[2])
end
return 'accepted'
"""

# KEYS  run:{id}:leases:{step}
# ARGV  name, worker, milliseconds
RENEW_LEASE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now + ARGV[3], ARGV[2]))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 'accepted'
"""

# KEYS  run:{id}:leases:{step}
LIVE_LEASES = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local names = {}
local leases = redis.call('HGETALL', KEYS[1])
for i = 1, #leases, 2 do
  if tonumber(string.match(leases[i + 1], '^%d+')) > now then table.insert(names, leases[i]) end
end
return names
"""

# KEYS  worker:{id}, workers
# ARGV  id, info (JSON), milliseconds
HEARTBEAT = (
    _CLOCK
    + """
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. (now - 3600))
return 'accepted'
"""
)

# KEYS  supervisor
# ARGV  holder, milliseconds
ELECT = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

# KEYS  supervisor
# ARGV  holder
RESIGN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""

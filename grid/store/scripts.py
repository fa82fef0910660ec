"""The Lua scripts of the control server: the only way in which the state of a run changes. Those of a step and of
snapshots have files of their own.

Each is idempotent: a call that is sent again because its reply was lost finds its own mark (a token, a nonce, the same
record) and answers as it did before. KEYS[1] is ``run:{id}`` unless said otherwise; the keys that begin with it
(``grid/store/keys.py`` lists them) are built from it, so all keys of a run must be on one server.
"""

CLOCK = """
local clock = redis.call('TIME')
local now = string.format('%d.%06d', clock[1], clock[2])
"""

# How a run ends: off the active list, on the list of those whose last version is kept, working keys dropped.
END = (
    CLOCK
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
    CLOCK
    + """
if redis.call('EXISTS', KEYS[1]) == 1 then return 'accepted' end
redis.call('HSET', KEYS[1], 'created', now, 'token', ARGV[2], 'snapshot', ARGV[2], 'snapshot_step', 0, unpack(ARGV, 5))
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
    CLOCK
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'started_by', 'ran')
if not run[1] then return 'missing' end
if run[2] == ARGV[1] then return 'accepted' end
if run[1] ~= 'queued' then return 'stale' end
local started = string.format('%.6f', now - (run[3] or 0))
redis.call('HSET', KEYS[1], 'state', 'running', 'started', started, 'started_by', ARGV[1])
return 'accepted'
"""
)

# KEYS  run, runs:active, runs:kept
# ARGV  id, nonce, state (failed or cancelled), error
STOP_RUN = (
    END
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'step', 'stopped_by')
if not run[1] then return 'missing' end
if run[3] == ARGV[2] then return 'accepted' end
if run[1] ~= 'queued' and run[1] ~= 'running' and run[1] ~= 'paused' then return 'stale' end
redis.call('HDEL', KEYS[1], 'paused')
redis.call('HSET', KEYS[1], 'stopped_by', ARGV[2], 'error', ARGV[4])
finish(ARGV[3], run[2])
return 'accepted'
"""
)

# Refuses a run that has not ended. Its manifests go by the register of versions.
# KEYS  run, runs, runs:kept
# ARGV  id
DELETE_RUN = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'queued' or state == 'running' or state == 'paused' then return 'stale' end
for _, token in ipairs(redis.call('HKEYS', KEYS[1] .. ':versions')) do
  redis.call('DEL', KEYS[1] .. ':manifest:' .. token)
end
redis.call('DEL', KEYS[1], KEYS[1] .. ':versions', KEYS[1] .. ':history', KEYS[1] .. ':log',
           KEYS[1] .. ':trust')
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
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

# KEYS  run, runs:active, runs:kept
# ARGV  id, step, record, nonce
# Reply outcome, 'ended' or 'active'
CONCLUDE_EVALUATION = (
    END
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

# KEYS  run:{id}:leases:{step}
# ARGV  name, worker, milliseconds
RENEW_LEASE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local _, worker, since = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '0 - 0', '^(%d+) (%S+) (%d+)')
if worker ~= ARGV[2] then since = now end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s %d', now + ARGV[3], ARGV[2], since))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 'accepted'
"""

# KEYS  run:{id}:leases:{step}
# Reply names and ms for which they have been held
LIVE_LEASES = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local names = {}
local leases = redis.call('HGETALL', KEYS[1])
for i = 1, #leases, 2 do
  local expiry, since = string.match(leases[i + 1], '^(%d+) %S+ (%d+)')
  if expiry and tonumber(expiry) > now then
    table.insert(names, leases[i])
    table.insert(names, tostring(now - since))
  end
end
return names
"""

# KEYS  worker:{id}, workers
# ARGV  id, info (JSON), milliseconds
HEARTBEAT = (
    CLOCK
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

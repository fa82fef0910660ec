"""The Lua scripts of a step: shards are claimed and committed, the step is gathered, made and logged.

As those of ``scripts.py`` they are idempotent: a call that is sent again because its reply was lost answers as before.
KEYS[1] is ``run:{id}``; the keys that begin with it are listed in ``grid/store/keys.py``.
"""

from __future__ import annotations

from grid.store.scripts import END

_NOW_MS = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

# Commits shards, if some are given, and grants the next: first those that nobody has had, as many at once as take some
# ten ms and at most a worker's equal part, then one whose lease has run out, then one that is late: held for much
# longer than the run's shards take. A worker that takes long itself gets none that the others will have made sooner;
# before they have begun it is told to wait.
# The first record of a shard counts; the same record again is the writer itself, whose reply was lost.
# KEYS  run
# ARGV  step, worker, ms of a lease, ms that a shard takes this worker (0: not known), bytes that came down,
#       equivalence class of the worker, then shard, record, bytes that went up of each shard to commit
# Reply outcome; if it is 'granted': token, log entry of the step before or '', leases granted; for others two empty
#       strings and ''; then for each shard committed: accepted or duplicate; if the outcome is 'stale' or 'banned':
#       nothing more; if it is 'refused' (the run takes one class, that of its first shard): that class and no more
CLAIM_SHARDS = (
    _NOW_MS
    + """
local LATE, LEAST_LATE, SLOW, BATCH = 3, 150, 3, 10
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'shards', 'token', 'shard_ms', 'width',
                       'class_strict', 'class')
if not run[1] then return {'missing'} end
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[1] then return {'stale'} end
if redis.call('HEXISTS', 'banned', ARGV[2]) == 1 then return {'banned'} end
local shards, typical, width, own = tonumber(run[4]), tonumber(run[6] or 0), tonumber(run[7] or 1), tonumber(ARGV[4])
local done, leases = KEYS[1] .. ':done:' .. ARGV[1], KEYS[1] .. ':leases:' .. ARGV[1]
if tonumber(ARGV[5]) > 0 then redis.call('HINCRBY', KEYS[1], 'bytes_down', ARGV[5]) end
local commits, up = {}, 0
for i = 7, #ARGV, 3 do
  if tonumber(ARGV[i]) >= shards then return {'range', ARGV[i]} end
end
if run[8] == '1' and run[9] and run[9] ~= ARGV[6] then
  for i = 7, #ARGV, 3 do redis.call('HDEL', leases, 'gradient:' .. ARGV[i], 'late:' .. ARGV[i]) end
  return {'refused', run[9], '', ''}
end
for i = 7, #ARGV, 3 do
  if redis.call('HSETNX', done, ARGV[i], ARGV[i + 1]) == 1 then
    table.insert(commits, 'accepted')
    up = up + ARGV[i + 2]
  else
    table.insert(commits, redis.call('HGET', done, ARGV[i]) == ARGV[i + 1] and 'accepted' or 'duplicate')
  end
  redis.call('HDEL', leases, 'gradient:' .. ARGV[i], 'late:' .. ARGV[i])
end
if up > 0 then
  if run[8] == '1' then redis.call('HSET', KEYS[1], 'class', ARGV[6]) end
  if own > 0 then
    typical = typical > 0 and typical + 0.1 * (math.min(own, 2 * typical) - typical) or own
    redis.call('HSET', KEYS[1], 'shard_ms', string.format('%.3f', typical))
  end
  redis.call('HINCRBY', KEYS[1], 'bytes_up', up)
end
local function reply(outcome, granted)
  local found = {outcome, '', '', table.concat(granted, ' ')}
  if outcome == 'granted' then found[2], found[3] = run[5], redis.call('HGET', KEYS[1] .. ':log', run[3] - 1) or '' end
  for _, commit in ipairs(commits) do table.insert(found, commit) end
  return found
end
local missing = shards - redis.call('HLEN', done)
if missing == 0 then return reply('complete', {}) end
local function grant(name)
  redis.call('HSET', leases, name, string.format('%d %s %d', ms + ARGV[3], ARGV[2], ms))
  redis.call('PEXPIRE', leases, 600000)
  return name
end
local function refused(shard)
  local ends = redis.call('HGET', KEYS[1] .. ':refused:' .. ARGV[1], shard .. '@' .. ARGV[2])
  return ends and width > 1 and tonumber(ends) > ms
end
local slow = own > SLOW * typical and typical > 0 and width > 1 and own > typical * (1 + missing / (width - 1))
if slow then
  for _, lease in ipairs(redis.call('HVALS', leases)) do
    local expiry, worker = string.match(lease, '^(%d+) (%S+)')
    if expiry and tonumber(expiry) > ms and worker ~= ARGV[2] then return reply('none', {}) end
  end
  return reply('wait', {})  -- nobody is at it yet: it may come to that this one is all there is
end
local next, granted = tonumber(redis.call('HGET', leases, 'next') or 0), {}
local most = typical > 0 and math.min(math.ceil(shards / width), BATCH / math.max(typical, own)) or 1
while next < shards and #granted < math.max(1, math.floor(most)) do
  next = redis.call('HINCRBY', leases, 'next', 1)
  if redis.call('HEXISTS', done, next - 1) == 0 then table.insert(granted, grant('gradient:' .. next - 1)) end
end
if #granted > 0 then return reply('granted', granted) end
local late = nil
for shard = 0, shards - 1 do
  if redis.call('HEXISTS', done, shard) == 0 and not refused(shard) then
    local lease = redis.call('HGET', leases, 'gradient:' .. shard)
    local expiry, worker, since = string.match(lease or '', '^(%d+) (%S+) (%d+)$')
    if not expiry or tonumber(expiry) <= ms or worker == ARGV[2] then
      return reply('granted', {grant('gradient:' .. shard)})
    end
    if not late and ms - since > math.max(LATE * typical, LEAST_LATE) then
      local other = string.match(redis.call('HGET', leases, 'late:' .. shard) or '', '^%d+')
      if not other or tonumber(other) <= ms then late = shard end
    end
  end
end
if late then return reply('granted', {grant('late:' .. late)}) end
return reply('none', {})
"""
)

# Begins to make the step, if all shards are in and nobody else is at it.
# KEYS  run
# ARGV  step, worker, ms of the lease
# Reply outcome, and if it is 'granted': token, log entry of the step before or '', start, then shards and records
GATHER = (
    _NOW_MS
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'shards', 'token', 'started')
if not run[1] then return {'missing'} end
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[1] then return {'stale'} end
if redis.call('HEXISTS', 'banned', ARGV[2]) == 1 then return {'banned'} end
local done, leases = KEYS[1] .. ':done:' .. ARGV[1], KEYS[1] .. ':leases:' .. ARGV[1]
if redis.call('HLEN', done) < tonumber(run[4]) then return {'early'} end
local expiry, worker = string.match(redis.call('HGET', leases, 'apply') or '', '^(%d+) (%S+)')
if expiry and tonumber(expiry) > ms and worker ~= ARGV[2] then return {'taken'} end
redis.call('HSET', leases, 'apply', string.format('%d %s %d', ms + ARGV[3], ARGV[2], ms))
local reply = {'granted', run[5], redis.call('HGET', KEYS[1] .. ':log', run[3] - 1) or '', run[6]}
for _, value in ipairs(redis.call('HGETALL', done)) do table.insert(reply, value) end
return reply
"""
)

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

# Makes the step: compare-and-set of (step, token), log, history and clean-up in one. With the snapshot the version is
# whole by itself. What nobody needs any more leaves the log: entries from well before the last snapshot.
# KEYS  run, runs:active, runs:kept, workers
# ARGV  id, step, token before, token, log entry, record, phase that follows, bytes up, bytes down, '1' with a snapshot,
#       seconds that a heartbeat counts, entries kept before the snapshot
# Reply outcome, 'ended' or 'active', live workers, steps and entries that have left the log
COMMIT_STEP = (
    END
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'phase', 'step', 'shards', 'token', 'snapshot_step', 'steps')
if not run[1] then return {'missing'} end
local width = redis.call('ZCOUNT', KEYS[4], now - ARGV[11], '+inf')
local entry = redis.call('HGET', KEYS[1] .. ':log', ARGV[2])
if tonumber(run[3]) > tonumber(ARGV[2]) and entry and cjson.decode(entry)['token'] == ARGV[4] then
  return {'accepted', run[1] == 'finished' and 'ended' or 'active', width}
end
if run[1] ~= 'running' or run[2] ~= 'gradient' or run[3] ~= ARGV[2] or run[5] ~= ARGV[3] then return {'stale'} end
local done = KEYS[1] .. ':done:' .. ARGV[2]
if redis.call('HLEN', done) < tonumber(run[4]) then return {'early'} end
if ARGV[10] == '1' then
  if redis.call('EXISTS', KEYS[1] .. ':manifest:' .. ARGV[4]) == 0 then return {'unwritten'} end
  redis.call('HSET', KEYS[1], 'snapshot', ARGV[4], 'snapshot_step', ARGV[2] + 1)
end
redis.call('HSET', KEYS[1], 'token', ARGV[4], 'step', ARGV[2] + 1, 'phase', ARGV[7],
           'width', math.max(1, math.min(width, tonumber(run[4]))))
redis.call('HINCRBY', KEYS[1], 'bytes_up', ARGV[8])
redis.call('HINCRBY', KEYS[1], 'bytes_down', ARGV[9])
redis.call('HSET', KEYS[1] .. ':log', ARGV[2], ARGV[5])
redis.call('RPUSH', KEYS[1] .. ':history', ARGV[6])
redis.call('DEL', done, KEYS[1] .. ':leases:' .. ARGV[2], KEYS[1] .. ':audits:' .. ARGV[2],
           KEYS[1] .. ':refused:' .. ARGV[2])
local reply = {'accepted', 'active', width}
for _, step in ipairs(redis.call('HKEYS', KEYS[1] .. ':log')) do
  if tonumber(step) < run[6] - ARGV[12] then
    table.insert(reply, step)
    table.insert(reply, redis.call('HGET', KEYS[1] .. ':log', step))
    redis.call('HDEL', KEYS[1] .. ':log', step)
  end
end
if ARGV[7] == 'gradient' and ARGV[2] + 1 >= tonumber(run[7]) then
  finish('finished', ARGV[2] + 1)
  reply[2] = 'ended'
end
return reply
"""
)

# What a worker needs to make its parameters current: the version, the last snapshot, and the log from a step on.
# KEYS  run
# ARGV  step that the worker has, or -1
# Reply step, token, step and token of the snapshot, then steps and entries
VERSION = """
local run = redis.call('HMGET', KEYS[1], 'step', 'token', 'snapshot_step', 'snapshot')
if not run[1] then return {'missing'} end
local first, reply = tonumber(ARGV[1]), {run[1], run[2], run[3], run[4]}
if first < 0 or redis.call('HEXISTS', KEYS[1] .. ':log', first) == 0 then first = tonumber(run[3]) end
for step = first, run[1] - 1 do
  local entry = redis.call('HGET', KEYS[1] .. ':log', step)
  if entry then
    table.insert(reply, tostring(step))
    table.insert(reply, entry)
  end
end
return reply
"""

"""The Lua scripts of runs whose current version is gone from the blob server; idempotent as those of ``scripts.py``.

The mark of a loss names the version that is lost. A step that is made in spite of it makes the mark void: somebody had
the version still.
"""

from __future__ import annotations

_NOW_MS = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

# KEYS  run, runs:lost
# ARGV  id, token
REPORT_LOST = (
    _NOW_MS
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'token', 'lost')
if not run[1] then return 'missing' end
if (run[1] ~= 'running' and run[1] ~= 'queued') or run[2] ~= ARGV[2] then return 'stale' end
if run[3] ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'lost', ARGV[2], 'lost_since', ms)
  redis.call('DEL', KEYS[1] .. ':offers')
end
redis.call('ZADD', KEYS[2], ms, ARGV[1])
return 'accepted'
"""
)

# The version is there again.
# KEYS  run, runs:lost
# ARGV  id, token
REPORT_FOUND = """
if redis.call('HGET', KEYS[1], 'lost') == ARGV[2] then redis.call('HDEL', KEYS[1], 'lost', 'lost_since') end
redis.call('ZREM', KEYS[2], ARGV[1])
return 'accepted'
"""

# Offers to set the run back to a step. The best offer is taken when for a while nobody has had the version, and no task
# is being done; the second best if its holder then dies, and so on.
# KEYS  run, runs:lost
# ARGV  id, holder, step, ms to wait
# Reply outcome ('over', 'wait' or 'taken') and, if it is 'taken', the token that is lost
OFFER = (
    _NOW_MS
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'token', 'lost', 'lost_since', 'step')
if (run[1] ~= 'running' and run[1] ~= 'queued') or run[2] ~= run[3] then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('DEL', KEYS[1] .. ':offers')
  return {'over'}
end
redis.call('ZADD', KEYS[1] .. ':offers', ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1] .. ':offers', 60000)
local rank = redis.call('ZREVRANK', KEYS[1] .. ':offers', ARGV[2])
if ms - run[4] < ARGV[4] * (rank + 1) then return {'wait'} end
local leases = redis.call('HVALS', KEYS[1] .. ':leases:' .. run[5])
for _, lease in ipairs(leases) do
  local expiry = string.match(lease, '^(%d+) ')
  if expiry and tonumber(expiry) > ms then return {'wait'} end
end
return {'taken', run[3]}
"""
)

# Makes a version that has been written the current one, wherever the run was; what belonged to the step it was at goes.
# KEYS  run, runs:lost
# ARGV  id, token lost, token, step, phase, records of the history to keep, then records that follow them
RESTORE_RUN = """
local run = redis.call('HMGET', KEYS[1], 'state', 'token', 'step')
if not run[1] then return 'missing' end
if run[2] == ARGV[3] then return 'accepted' end
if (run[1] ~= 'running' and run[1] ~= 'queued') or run[2] ~= ARGV[2] then return 'stale' end
if redis.call('EXISTS', KEYS[1] .. ':manifest:' .. ARGV[3]) == 0 then return 'unwritten' end
for _, step in ipairs({run[3], ARGV[4]}) do
  redis.call('DEL', KEYS[1] .. ':done:' .. step, KEYS[1] .. ':evaluation:' .. step, KEYS[1] .. ':leases:' .. step)
end
if ARGV[6] == '0' then redis.call('DEL', KEYS[1] .. ':history') end
redis.call('LTRIM', KEYS[1] .. ':history', 0, ARGV[6] - 1)
for i = 7, #ARGV do redis.call('RPUSH', KEYS[1] .. ':history', ARGV[i]) end
redis.call('DEL', KEYS[1] .. ':log', KEYS[1] .. ':offers')
redis.call('HSET', KEYS[1], 'token', ARGV[3], 'step', ARGV[4], 'phase', ARGV[5],
           'snapshot', ARGV[3], 'snapshot_step', ARGV[4])
redis.call('HDEL', KEYS[1], 'snapshot_before', 'lost', 'lost_since')
redis.call('HINCRBY', KEYS[1], 'generation', 1)
redis.call('ZREM', KEYS[2], ARGV[1])
return 'accepted'
"""

# Writes the first records of a history: of a run that is to be created, so nobody else writes there.
# KEYS  run:{id}:history
# ARGV  records that must be there already, then records that follow them
WRITE_HISTORY = """
if ARGV[1] == '0' then redis.call('DEL', KEYS[1]) end
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
for i = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
return 'accepted'
"""

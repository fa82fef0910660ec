"""The Lua scripts of snapshots: whole versions, from which the log leads on. See ``step_scripts.py``."""

from __future__ import annotations

# Notes that a snapshot is about to be written, so that it can be cleared away if its writer dies.
# KEYS  run
# ARGV  token, step, arrays (JSON of name: number of chunks)
REGISTER_SNAPSHOT = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end
redis.call('HSET', KEYS[1] .. ':versions', ARGV[1], '{"step":' .. ARGV[2] .. ',"arrays":' .. ARGV[3] .. '}')
return 'accepted'
"""

# Lets a snapshot count from which the log leads on, if it is whole and newer than the one there, and the run has not
# ended: what is not in use then is cleared away. Older ones go, but for the one before, which somebody may still be
# reading.
# KEYS  run
# ARGV  token, step
# Reply outcome, then tokens to discard
COMMIT_SNAPSHOT = """
local run = redis.call('HMGET', KEYS[1], 'state', 'snapshot_step', 'snapshot')
if not run[1] then return {'missing'} end
local step = tonumber(ARGV[2])
if run[3] ~= ARGV[1] then
  local entry = redis.call('HGET', KEYS[1] .. ':log', step - 1)
  if not entry or cjson.decode(entry)['token'] ~= ARGV[1] or step <= tonumber(run[2]) then return {'stale'} end
  if run[1] ~= 'running' or redis.call('EXISTS', KEYS[1] .. ':manifest:' .. ARGV[1]) == 0 then return {'stale'} end
  redis.call('HSET', KEYS[1], 'snapshot', ARGV[1], 'snapshot_step', ARGV[2], 'snapshot_before', run[3])
end
local reply, before = {'accepted'}, redis.call('HGET', KEYS[1], 'snapshot_before')
local registered = redis.call('HGETALL', KEYS[1] .. ':versions')
for i = 1, #registered, 2 do
  local older = cjson.decode(registered[i + 1])['step'] < step
  if older and registered[i] ~= before then table.insert(reply, registered[i]) end
end
return reply
"""

# The snapshot in use is never dropped.
# KEYS  run
# ARGV  token
DROP_SNAPSHOT = """
if redis.call('HGET', KEYS[1], 'snapshot') == ARGV[1] then return 'stale' end
redis.call('DEL', KEYS[1] .. ':manifest:' .. ARGV[1])
redis.call('HDEL', KEYS[1] .. ':versions', ARGV[1])
return 'accepted'
"""

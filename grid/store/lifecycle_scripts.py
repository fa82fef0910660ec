"""The Lua scripts that pause a run and let it go on, as idempotent as those of ``scripts.py``.

A run that is paused is off the active list, so no supervisor looks at it, and every script that takes a result wants a
run that is running. What is in flight is refused; what was committed before counts when the run goes on.
"""

from __future__ import annotations

_CLOCK = """
local clock = redis.call('TIME')
local now = string.format('%d.%06d', clock[1], clock[2])
"""

# KEYS  run, runs:active
# ARGV  id, nonce
PAUSE_RUN = (
    _CLOCK
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'paused_by')
if not run[1] then return 'missing' end
if run[1] == 'paused' and run[2] == ARGV[2] then return 'accepted' end
if run[1] ~= 'queued' and run[1] ~= 'running' then return 'stale' end
redis.call('HSET', KEYS[1], 'state', 'paused', 'paused', now, 'paused_by', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
return 'accepted'
"""
)

# The time of the pause is taken out of the run's time: its start moves by as much.
# KEYS  run, runs:active
# ARGV  id, nonce
RESUME_RUN = (
    _CLOCK
    + """
local run = redis.call('HMGET', KEYS[1], 'state', 'resumed_by', 'started', 'paused', 'created')
if not run[1] then return 'missing' end
if run[2] == ARGV[2] then return 'accepted' end
if run[1] ~= 'paused' then return 'stale' end
redis.call('HSET', KEYS[1], 'state', run[3] and 'running' or 'queued', 'resumed_by', ARGV[2])
if run[3] then redis.call('HSET', KEYS[1], 'started', string.format('%.6f', run[3] + (now - run[4]))) end
redis.call('HDEL', KEYS[1], 'paused')
redis.call('ZADD', KEYS[2], run[5], ARGV[1])
return 'accepted'
"""
)

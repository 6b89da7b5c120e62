"""The scripts of the Redis broker: each is one step, and so leaves no window for a sweep, a crash or another worker.

Keys begin with ``<prefix>:{queue}:<name>:``, which is ``KEYS[1]``; the braces put the queues of an application into
one slot of a cluster, so that a job can enqueue another one, on another queue, in the step in which it ends.
``KEYS[2]`` never exists, as ``KEYS[1]`` does not: while a cluster moves the slot to another node it answers TRYAGAIN
to what names two keys of which one is not there. Else scripts would run on a node that has only some of their keys.

==============  =====================================================================================
``job:<key>``   hash: payload, state ``st``, attempts ``at``, token ``tk``, worker ``wk``, times in ms; what is 0, empty
                or not known yet is left out
``queued``      sorted set of claimable jobs, by priority and order of arrival
``due``         sorted set of scheduled jobs, by time
``active``      sorted set of claimed jobs, by the end of their lease
``blocked``     sorted set of jobs that wait for an earlier one of their ordering key, by time
``ord:<key>``   list: jobs of one ordering key; the first of them is claimable, scheduled or claimed
``group:<id>``  hash: total, complete, failed, follow
``wake``        list: an element for each job that became claimable; idle workers block on it
==============  =====================================================================================
"""

PRELUDE = """
local base = KEYS[1]
local now = tonumber(ARGV[1])
if now < 0 then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local DONE = {complete = true, failed = true, aborted = true}
local function push(base, key, prio)
  local seq = redis.call('INCR', base .. 'seq')
  redis.call('ZADD', base .. 'queued', prio * 1099511627776 + seq, key)
  if redis.call('RPUSH', base .. 'wake', '1') > 256 then redis.call('LTRIM', base .. 'wake', 0, 63) end
end
local function ready(base, key)
  local job = base .. 'job:' .. key
  local f = redis.call('HMGET', job, 'ok', 'in', 'pr')
  redis.call('HSET', job, 'st', 'queued', 'rd', now)
  if f[1] and f[1] ~= '' then
    local list = base .. 'ord:' .. f[1]
    if not f[2] then
      redis.call('RPUSH', list, key)
      redis.call('HSET', job, 'in', '1')
    end
    if redis.call('LINDEX', list, 0) ~= key then
      redis.call('ZADD', base .. 'blocked', now, key)
      return
    end
  end
  push(base, key, tonumber(f[3]))
end
local function leave(base, key)
  local job = base .. 'job:' .. key
  redis.call('ZREM', base .. 'active', key)
  redis.call('ZREM', base .. 'queued', key)
  redis.call('ZREM', base .. 'due', key)
  local f = redis.call('HMGET', job, 'ok', 'in')
  if not f[2] then return end
  redis.call('HDEL', job, 'in')
  redis.call('ZREM', base .. 'blocked', key)
  local list = base .. 'ord:' .. f[1]
  redis.call('LREM', list, 1, key)
  local head = redis.call('LINDEX', list, 0)
  while head and redis.call('EXISTS', base .. 'job:' .. head) == 0 do
    redis.call('LPOP', list)
    redis.call('ZREM', base .. 'blocked', head)
    head = redis.call('LINDEX', list, 0)
  end
  if head and redis.call('ZREM', base .. 'blocked', head) == 1 then
    push(base, head, tonumber(redis.call('HGET', base .. 'job:' .. head, 'pr')))
  end
end
local function put(base, key, prio, ok, due, unique, payload)
  local job = base .. 'job:' .. key
  local f = redis.call('HMGET', job, 'st', 'un')
  if f[1] and (not DONE[f[1]] or tonumber(f[2] or '0') > now) then return 0 end
  if f[1] then redis.call('DEL', job) end
  local is_due = due <= now
  redis.call('HSET', job, 'payload', payload, 'st', is_due and 'queued' or 'scheduled', 'qd', now, 'pr', prio)
  if ok ~= '' then redis.call('HSET', job, 'ok', ok) end
  if unique > 0 then redis.call('HSET', job, 'un', now + unique) end
  if not is_due then
    redis.call('ZADD', base .. 'due', due, key)
  elseif ok ~= '' then
    ready(base, key)
  else
    push(base, key, prio)
  end
  return 1
end
local function fields(base, key, limit)
  local job = base .. 'job:' .. key
  local f = redis.call('HMGET', job, 'st', 'at', 'tk', 'wk', 'qd', 'sd', 'td', 'fd', 'pg', 'er', 'rs', 'un')
  if not f[1] then return false end
  f[13] = redis.call('ZSCORE', base .. 'due', key)
  f[14] = redis.call('HSTRLEN', job, 'payload') <= limit and redis.call('HGET', job, 'payload')
  f[15] = key
  return f
end
"""

PUT = """
local PLAIN, out = {0, '', 0, 0, 0}, {}
for i = 2, #ARGV, 4 do
  local mark, key, terms = ARGV[i], ARGV[i + 1], PLAIN
  if ARGV[i + 2] ~= '' then terms = cjson.decode(ARGV[i + 2]) end
  local due = terms[3] > 0 and terms[3] or now + terms[4]
  if mark ~= '' and not redis.call('SET', base .. 'once:' .. mark, '1', 'EX', 86400, 'NX') then
    out[#out + 1] = 0
  else
    out[#out + 1] = put(base, key, terms[1], terms[2], due, terms[5], ARGV[i + 3])
  end
end
return out
"""
"""Of each job: a mark, its key, its terms as ``redis_queue.terms`` gives them, its payload."""

CLAIM = """
if redis.call('EXISTS', base .. 'paused') == 1 then return {} end
local limit, token, worker = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local ends, out = now + tonumber(ARGV[5]), {}
local popped = redis.call('ZPOPMIN', base .. 'queued', limit)
for i = 1, #popped, 2 do
  local key = popped[i]
  local job = base .. 'job:' .. key
  if redis.call('HGET', job, 'st') == 'queued' then
    redis.call('HINCRBY', job, 'at', 1)
    redis.call('HSET', job, 'st', 'active', 'tk', token, 'wk', worker, 'sd', now, 'td', now)
    redis.call('ZADD', base .. 'active', ends, key)
    out[#out + 1] = fields(base, key, tonumber(ARGV[6]))
  end
end
if #popped < limit * 2 then redis.call('DEL', base .. 'wake') end
return out
"""

MAKE_DUE = """
local keys = redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', now, 'LIMIT', 0, 1000)
for _, key in ipairs(keys) do
  redis.call('ZREM', base .. 'due', key)
  if redis.call('EXISTS', base .. 'job:' .. key) == 1 then ready(base, key) end
end
return keys
"""

RENEW = """
local ends, out = now + tonumber(ARGV[2]), {}
for i = 3, #ARGV, 2 do
  local job = base .. 'job:' .. ARGV[i]
  local f = redis.call('HMGET', job, 'tk', 'st')
  if not f[2] then
    out[#out + 1] = 1
  elseif f[1] ~= ARGV[i + 1] then
    out[#out + 1] = 0
  else
    redis.call('ZADD', base .. 'active', ends, ARGV[i])
    redis.call('HSET', job, 'td', now)
    out[#out + 1] = f[2] == 'aborting' and 2 or 1
  end
end
return out
"""

ABORTING = """
local out = {}
for i = 2, #ARGV do
  if redis.call('HGET', base .. 'job:' .. ARGV[i], 'st') == 'aborting' then out[#out + 1] = ARGV[i] end
end
return out
"""

RELEASE = """
local key, delay = ARGV[2], tonumber(ARGV[4])
local job = base .. 'job:' .. key
local f = redis.call('HMGET', job, 'tk', 'st')
if not f[2] or (f[1] or '') ~= ARGV[3] or f[2] == 'aborting' then return 0 end
redis.call('ZREM', base .. 'active', key)
redis.call('ZREM', base .. 'due', key)
redis.call('ZREM', base .. 'queued', key)
redis.call('HDEL', job, 'tk', 'wk', 'rs', 'pg', 'fd', 'er')
redis.call('PERSIST', job)
if ARGV[5] ~= '' then redis.call('HSET', job, 'er', ARGV[5]) end
if ARGV[6] ~= '0' then redis.call('HINCRBY', job, 'at', -1) end
local ok = redis.call('HGET', job, 'ok') or ''
if ARGV[7] ~= '' and ok == '' then
  ok = ARGV[7]
  redis.call('HSET', job, 'ok', ok)
end
if delay > 0 then
  if ok == '~lost' then leave(base, key) end
  redis.call('HSET', job, 'st', 'scheduled')
  redis.call('ZADD', base .. 'due', now + delay, key)
else
  ready(base, key)
end
return 1
"""

SETTLE = """
local key, state, ttl = ARGV[2], ARGV[4], tonumber(ARGV[7])
local job = base .. 'job:' .. key
local f = redis.call('HMGET', job, 'tk', 'st', 'un')
if not f[2] or (f[1] or '') ~= ARGV[3] then return {0} end
leave(base, key)
local unique = state == 'complete' and tonumber(f[3] or '0') - now or 0
if ttl < 0 and unique <= 0 then
  redis.call('DEL', job)
else
  redis.call('HDEL', job, 'tk', 'wk', 'rs')
  if state ~= 'aborted' then redis.call('HDEL', job, 'er') end
  redis.call('HSET', job, 'st', state, 'fd', now)
  if state ~= 'complete' then redis.call('HSET', job, 'un', 0) end
  if ARGV[5] ~= '' then redis.call('HSET', job, 'rs', ARGV[5]) end
  if ARGV[6] ~= '' then redis.call('HSET', job, 'er', ARGV[6]) end
  if state == 'complete' then redis.call('HSET', job, 'pg', '1.0') end
  if ttl ~= 0 then redis.call('PEXPIRE', job, math.max(ttl, unique, 1)) end
end
for i = 9, #ARGV, 4 do put(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), '', 0, 0, ARGV[i + 3]) end
if ARGV[8] == '' then return {1} end
local group = ARGV[8]
if redis.call('EXISTS', group) == 0 then return {1} end
redis.call('HINCRBY', group, state == 'complete' and 'complete' or 'failed', 1)
local g = redis.call('HMGET', group,
  'total', 'complete', 'failed', 'follow_base', 'follow_key', 'follow_prio', 'follow')
if not g[7] or tonumber(g[2]) + tonumber(g[3]) ~= tonumber(g[1]) then return {1} end
put(g[4], g[5], tonumber(g[6]), '', 0, 0, g[7])
return {1, g[4], g[5], g[7]}
"""

LOST = """
local out = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', base .. 'active', '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))) do
  local job = base .. 'job:' .. key
  if redis.call('EXISTS', job) == 0 then
    redis.call('ZREM', base .. 'active', key)
  else
    redis.call('HSET', job, 'tk', ARGV[3])
    redis.call('HDEL', job, 'wk')
    redis.call('ZADD', base .. 'active', now + tonumber(ARGV[4]), key)
    out[#out + 1] = fields(base, key, tonumber(ARGV[5]))
  end
end
return out
"""

ABORT = """
local key = ARGV[2]
local job = base .. 'job:' .. key
local state = redis.call('HGET', job, 'st')
if state == 'queued' or state == 'scheduled' then
  leave(base, key)
  redis.call('HSET', job, 'st', 'aborted', 'er', ARGV[3], 'fd', now)
  local ttl = tonumber(ARGV[4])
  if ttl ~= 0 then redis.call('PEXPIRE', job, math.max(ttl, 1)) end
  return 1
end
if state == 'active' then
  redis.call('HSET', job, 'st', 'aborting', 'er', ARGV[3])
  return 2
end
return 0
"""

UPDATE = """
local job = base .. 'job:' .. ARGV[2]
local f = redis.call('HMGET', job, 'tk', 'st')
if not f[2] or (f[1] or '') ~= ARGV[3] then return 0 end
redis.call('HSET', job, 'pg', ARGV[4], 'td', now)
if ARGV[5] ~= '' then redis.call('HSET', job, 'payload', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', job, 'st', ARGV[6]) end
if ARGV[7] ~= '' then redis.call('HSET', job, 'er', ARGV[7]) end
return 1
"""

READ = """
local out = {}
for i = 3, #ARGV do out[#out + 1] = fields(base, ARGV[i], tonumber(ARGV[2])) end
return out
"""

WAITING = """
local due = redis.call('ZCOUNT', base .. 'due', '-inf', now)
local oldest = now
local first = redis.call('ZRANGE', base .. 'queued', 0, 0)
if first[1] then
  local f = redis.call('HMGET', base .. 'job:' .. first[1], 'rd', 'qd')
  oldest = tonumber(f[1] or f[2] or now)
end
for _, name in ipairs({'blocked', 'due'}) do
  local found = redis.call('ZRANGE', base .. name, 0, 0, 'WITHSCORES')
  if found[2] and tonumber(found[2]) < oldest then oldest = tonumber(found[2]) end
end
return {
  redis.call('ZCARD', base .. 'queued') + redis.call('ZCARD', base .. 'blocked') + due,
  redis.call('ZCARD', base .. 'due') - due, redis.call('ZCARD', base .. 'active'), math.max(now - oldest, 0),
  redis.call('EXISTS', base .. 'paused')
}
"""

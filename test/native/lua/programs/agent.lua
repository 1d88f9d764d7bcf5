-- What every platform runs in the tests against a real broker: a client that answers what it hears.
--   in/NAME     its payload comes back on out/NAME, with the QoS it came with; a long one as length and sum of its bytes
--   cmd/count   begins to publish a number with QoS 1 every 100 ms on count
--   cmd/quit    tells its figures and ends
-- Arguments: how the client is made (a Lua expression over y and hal), the port of the broker, the client id.
local agent = {}

local function say(...)
  local parts = { ... }
  for i = 1, select('#', ...) do parts[i] = tostring(parts[i]) end
  io.stdout:write('@@', table.concat(parts, '\t'), '\n')
  io.stdout:flush()
end

function agent.start(y, hal, given)
  local one = { done = false, counting = false, n = 0, last = 0, sum = 0, refused = 0 }
  local options = {
    servers = { { host = given.host or '127.0.0.1', port = given.port, tls = given.tls } }, clientId = given.id, clean = false,
    keepalive = given.keepalive or 60, reconnectPeriod = 100, reconnectSpread = 100,
    limits = given.limits or { packetIn = 1024, packetOut = 1024, inflight = 20, outboxCount = 200, outboxBytes = 60000 },
    onLink = function(state, isPresent, cause) say('link', state, cause) end,
    onReceipt = function(token, outcome)
      if outcome ~= 'sent' and outcome ~= 'delivered' then say('receipt', outcome) end
    end
  }
  local client
  options.onMessage = function(topic, payload, packet)
    if topic == 'cmd/quit' then
      one.done = true
    elseif topic == 'cmd/count' then
      one.counting = true
    elseif topic:sub(1, 3) == 'in/' then
      local token = client:publish('out/' .. topic:sub(4), payload, packet.qos)
      if token < 0 then one.refused = one.refused + 1 end
    end
  end
  options.onStream = function(topic, chunk, offset, total)
    if offset == 0 then one.sum = 0 end
    for i = 1, #chunk do one.sum = (one.sum * 31 + chunk:byte(i)) % 65521 end
    if offset + #chunk == total then client:publish('out/' .. topic:sub(4), total .. ' ' .. one.sum, 1) end
    return 0
  end
  client = y.create(hal, options)
  one.client = client
  say('connect', client:connect())
  client:subscribe('in/#', 2)
  client:subscribe('cmd/#', 1)
  one.hal = hal
  one.last = hal.timer.ticks()
  function one.step()
    if one.counting and hal.timer.since(one.last) >= 100 then
      one.last = hal.timer.ticks()
      one.n = one.n + 1
      client:publish('count', tostring(one.n), 1)
    end
  end
  function one.finish(more)
    client:disconnect()
    for _ = 1, 20 do client:yield(50) end
    local stats = client:stats()
    say('end', one.n, one.refused, stats.connects, stats.pings, more or 0)
  end
  return one
end

return agent

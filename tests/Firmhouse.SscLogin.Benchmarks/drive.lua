-- Asks for one path after another out of a file, and prints what came of it as one line for the caller to read.
-- wrk … <url> -- <file> [<milliseconds that each connection rests before a request, on average>]

local requests = {}
local count = 0
local last = 0

function init(arguments)
  local rest = tonumber(arguments[2])
  if rest then
    -- At random, so that the connections do not ask in step.
    delay = function() return math.random(0, 2 * rest) end
  end
  for path in io.lines(arguments[1]) do
    count = count + 1
    requests[count] = wrk.format("GET", path)
  end
end

function request()
  last = last % count + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    "result requests=%d microseconds=%d p50=%d p99=%d failed=%d",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end

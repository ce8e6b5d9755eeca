-- BatchGetItem of 100 random items.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local COUNT = 100

function init(args)
  bench.open(args)
  message = bench.message("BatchGetItem")
end

function request()
  local wanted = {}
  for place, number in ipairs(bench.distinct(COUNT)) do
    wanted[place] = ('{"pk":{"S":"item-%010d"}}'):format(number)
  end
  return message('{"RequestItems":{"stator-bench-items":{"Keys":[' .. table.concat(wanted, ",") .. "]}}}")
end

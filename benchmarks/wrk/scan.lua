-- Scan of one page (1 MB) from a random place on, with a filter that about one item in twenty passes.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local SHARE = 4500 -- of the 90,000 places in the pool

function init(args)
  bench.open(args)
  message = bench.message("Scan")
end

function request()
  local low = math.random(10000, 99999 - SHARE)
  return message(
    ('{"TableName":"stator-bench-items","ExclusiveStartKey":{"pk":{"S":"item-%010d"}},'
      .. '"FilterExpression":"#at BETWEEN :low AND :high","ExpressionAttributeNames":{"#at":"at"},'
      .. '"ExpressionAttributeValues":{":low":{"N":"%d"},":high":{"N":"%d"}}}')
      :format(bench.key(), low, low + SHARE))
end

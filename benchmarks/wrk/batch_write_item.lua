-- BatchWriteItem: 25 puts over random items.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local COUNT = 25

function init(args)
  bench.open(args)
  message = bench.message("BatchWriteItem")
end

function request()
  local puts = {}
  for place, number in ipairs(bench.distinct(COUNT)) do
    puts[place] = '{"PutRequest":{"Item":' .. bench.item(number) .. "}}"
  end
  return message('{"RequestItems":{"stator-bench-items":[' .. table.concat(puts, ",") .. "]}}")
end

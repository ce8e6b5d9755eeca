-- TransactWriteItems: 10 puts over random items.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

local COUNT = 10

function init(args)
  bench.open(args)
  message = bench.message("TransactWriteItems")
end

function request()
  local puts = {}
  for place, number in ipairs(bench.distinct(COUNT)) do
    puts[place] = '{"Put":{"TableName":"stator-bench-items","Item":' .. bench.item(number) .. "}}"
  end
  return message('{"TransactItems":[' .. table.concat(puts, ",") .. "]}")
end

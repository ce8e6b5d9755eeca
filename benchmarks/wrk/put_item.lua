-- PutItem over a random item of the table, with texts that it did not have before.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

function init(args)
  bench.open(args)
  message = bench.message("PutItem")
end

function request()
  return message('{"TableName":"' .. bench.table .. '","Item":' .. bench.item(bench.key()) .. "}")
end

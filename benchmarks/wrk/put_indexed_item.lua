-- PutItem over a random item of a table with a stream and two global indexes.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local bench = require("bench")
local message

function init(args)
  bench.open(args)
  message = bench.message("PutItem")
end

function request()
  return message('{"TableName":"stator-bench-indexed","Item":' .. bench.item(bench.key()) .. "}")
end

-- Readers for wrk: each asks for one thing after the other, in an order of its own. To be run with as many threads as connections, so that a thread is a reader.
--
--   wrk -t 20 -c 20 -d 60s --timeout 30s -s readers.lua http://127.0.0.1:8080 -- FILE PAUSE
--
-- PAUSE is how many milliseconds a reader reads, give or take a half. FILE has a line for each address: its name, a tab, its path. Told at the end, for each answer:
-- its name, its status and its milliseconds, with tabs between.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds, nanoseconds; } kliping_time;
  int clock_gettime(int clock, kliping_time *time);
]])
local MONOTONIC = 1

local readers = {}
local time = ffi.new("kliping_time")

local function milliseconds()
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1000000
end

function setup(thread)
  readers[#readers + 1] = thread
  thread:set("number", #readers)
end

function init(arguments)
  names, paths, asked, told = {}, {}, 0, {}
  pause = tonumber(arguments[2])
  for line in io.lines(arguments[1]) do
    local name, path = line:match("^([^\t]+)\t(.+)$")
    if not paths[name] then
      paths[name] = {}
      names[#names + 1] = name
    end
    table.insert(paths[name], path)
  end
  math.randomseed(number)
end

local function shuffle()
  for at = #names, 2, -1 do
    local other = math.random(at)
    names[at], names[other] = names[other], names[at]
  end
end

function delay()
  return math.floor(pause * (0.5 + math.random()))
end

function request()
  if asked % #names == 0 then
    shuffle()
  end
  asked = asked + 1
  name = names[(asked - 1) % #names + 1]
  began = milliseconds()
  return wrk.format("GET", paths[name][math.random(#paths[name])])
end

function response(status)
  told[#told + 1] = ("%s\t%d\t%.3f"):format(name, status, milliseconds() - began)
  if #told == 200 then -- one long text is quicker to hand over than many short ones
    told = { table.concat(told, "\n") }
  end
end

function done()
  for _, reader in ipairs(readers) do
    for _, line in ipairs(reader:get("told")) do
      io.stdout:write(line, "\n")
    end
  end
end

-- lighttpd-busy.lua - when a device is told to come again; see lighttpd.conf.
--
-- lighttpd has no limit of this kind: it passes on whatever comes, and answers
-- 500 when the socket's backlog is full.

-- What is passed on to scep.fcgi at once: half a second's work, and far fewer
-- than the backlog of its socket.
local most = 256

local r = lighty.r
local status = r.req_item.http_status

if status == 0 then
	-- magnet.attract-raw-url-to: nothing has been done yet.
	if lighty.server.plugin_stats["gw.active-requests"] >= most then
		r.resp_header["Retry-After"] = "5"
		return 503
	end
elseif status == 503 and r.resp_header["Retry-After"] == nil then
	-- magnet.attract-response-start-to: lighttpd's own 503, while
	-- scep.fcgi is restarted.
	r.resp_header["Retry-After"] = "5"
end
return 0

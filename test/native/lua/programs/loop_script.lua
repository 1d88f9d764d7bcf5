-- The loop that the platform's users know: wait for the network, connect, subscribe, report, then answer what comes, from the
-- server or from the program itself, and report when nothing does. Only the require is not the platform's.
PROJECT = "loop"
VERSION = "1.0.0"
require "yieldmq_mqtt"
module(..., package.seeall)
require "sys"
require "log"
require "misc"
require "socket"

local host, port = "127.0.0.1", PORT

sys.taskInit(function()
  while true do
    while not socket.isReady() or misc.getImei() == "" do sys.wait(100) end
    local mqttc = mqtt.client(misc.getImei(), 300, "user", "secret", nil,
      { qos = 0, retain = 0, topic = "/willmsg", payload = misc.getImei() .. "device_conn_err" }, "3.1")
    while not mqttc:connect(host, port) do sys.wait(2000) end
    if mqttc:subscribe(string.format("/device/%s/req", misc.getImei())) then
      if mqttc:publish(string.format("/device/%s/report", misc.getImei()), "test publish " .. os.time()) then
        while true do
          local r, data, param = mqttc:receive(1200, "pub_msg")
          if r then
            log.info("from the server:", data.payload or "nil")
          elseif data == "pub_msg" then
            log.info("from the program:", data, param)
            mqttc:publish(string.format("/device/%s/resp", misc.getImei()), "response " .. param)
          elseif data == "timeout" then
            mqttc:publish(string.format("/device/%s/report", misc.getImei()), "test publish " .. os.time())
          else
            break
          end
        end
      end
    end
    mqttc:disconnect()
  end
end)

sys.taskInit(function()
  while true do
    sys.wait(2600)
    sys.publish("pub_msg", "11223344556677889900AABBCCDDEEFF" .. os.time())
  end
end)

sys.init(0, 0)
sys.run()

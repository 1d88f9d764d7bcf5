-- TLS through LuaSec, with the modules' rules: TLS 1.2 at most; with a CA the
-- peer is verified and its name must match, without a CA nothing is verified.
-- Certificates and keys are PEM text.

local ssl = require('ssl')

local tls = {}

local function spill(text, files)
  if not text then return nil end
  local name = os.tmpname()
  files[#files + 1] = name
  local file = assert(io.open(name, 'wb'))
  file:write(text)
  file:close()
  return name
end

-- config: ca, cert, key, password. Gives a context, or nil and a reason.
function tls.context(config)
  local files = {}
  local wanted = { 'all', 'no_sslv2', 'no_sslv3', 'no_tlsv1_3' }
  local options = {}
  for _, option in ipairs(wanted) do
    if not ssl.config or ssl.config.options[option] then options[#options + 1] = option end
  end
  local context, err = ssl.newcontext({
    mode = 'client', protocol = 'any', options = options,
    verify = config.ca and 'peer' or 'none',
    cafile = spill(config.ca, files),
    certificate = spill(config.cert, files),
    key = spill(config.key, files),
    password = config.password
  })
  for _, name in ipairs(files) do os.remove(name) end
  if not context then return nil, err end
  return { ssl = context, verify = config.ca ~= nil }
end

local function isAddress(host)
  return host:match('^%d+%.%d+%.%d+%.%d+$') ~= nil
end

function tls.wrap(sock, context, host)
  local wrapped, err = ssl.wrap(sock, context.ssl)
  if not wrapped then return nil, err end
  wrapped:settimeout(0)
  if not isAddress(host) then wrapped:sni(host) end
  return wrapped
end

local function matches(pattern, host)
  pattern, host = pattern:lower(), host:lower()
  if pattern == host then return true end
  local tail = pattern:match('^%*(%..+)$')
  return tail ~= nil and host:match('^[^.]+(%..+)$') == tail
end

-- True when the certificate is for this host, or when nothing is verified.
function tls.checkName(sock, context, host)
  if not context.verify then return true end
  local cert = sock:getpeercertificate()
  if not cert then return false, 'no certificate' end
  local alternative = (cert:extensions() or {})['2.5.29.17']
  for _, names in pairs(alternative or {}) do
    if type(names) == 'table' then
      for _, name in ipairs(names) do
        if matches(name, host) then return true end
      end
    end
  end
  if not alternative then
    for _, part in ipairs(cert:subject()) do
      if part.name == 'commonName' and matches(part.value, host) then return true end
    end
  end
  return false, 'certificate is for another name'
end

return tls

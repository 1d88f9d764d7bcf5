/**
 * The Chinese texts of `explain`: `explain(cause, 'zh')` speaks Chinese wherever this file is imported.
 *
 * It stands here and not in firmware/, because firmware is ASCII: an Espruino board keeps one byte of every character
 * above 255, and the check of the Lua bundle refuses them as likely mistakes. How a template is read stands in firmware/explain.ts; what the
 * numbers of each code mean, in docs/codes.md.
 */
import { ErrorCode } from '../../firmware/codes.js'
import { addTexts } from '../../firmware/explain.js'
import type { Texts } from '../../firmware/explain.en.js'
import { LinkCode } from '../hal.js'
import type { Code } from '../hal.js'

function configuration(code: Code): string {
  switch (code) {
    case ErrorCode.HalMissing:
      return '移植层不完整[：缺少 {detail}]。~请按 docs/hal.md 实现它，或换用已经实现它的移植层。'
    case ErrorCode.HalVersion:
      return '移植层按 HAL 第 {value} 版编写，而本客户端需要第 {limit} 版。~请使用同一发布版本的移植层和客户端。'
    case ErrorCode.NoServer:
      return '没有指定服务器。~请在 servers 选项中至少填写一个服务器的主机和端口。'
    case ErrorCode.BadServer:
      return '有一个服务器不可用[：{detail}][，端口 {value}]。~请填写主机名或地址，端口为 1 到 65535。'
    case ErrorCode.BadProtocolVersion:
      return '没有 {value} 这个 protocolVersion。~MQTT 3.1 填 3，3.1.1 填 4，5.0 填 5。'
    case ErrorCode.BadClientId:
      return 'client id 不可用[：长 {value} 字节][，最多允许 {limit} 字节]。~请使用限度以内的文本；若使用 MQTT 3.1 且服务器允许超过 23 字节，请设置 longClientId。'
    case ErrorCode.ClientIdNeeded:
      return 'client id 为空：3.1 不允许，3.1.1 只在 clean: true 时允许。~请设置 clientId；不填这个选项则使用设备自己的编号。'
    case ErrorCode.PasswordWithoutUsername:
      return '有密码却没有用户名，只有 MQTT 5.0 允许这样。~请同时设置 username。'
    case ErrorCode.BadKeepalive:
      return '不接受 {value} 秒的心跳时间，上限是 {limit}。~没有特殊要求就用 120；0 表示关闭心跳，设置 force 后可到 65535。'
    case ErrorCode.BadTime:
      return '时间选项[ {detail}] 为 {value} 毫秒，最多允许 {limit} 毫秒。~请填写该范围内的整数毫秒数。'
    case ErrorCode.BadLimits:
      return '限制[ {detail}] 不能是 {value}[；界限是 {limit}]。~各项范围见 docs/limits.md。'
    case ErrorCode.BadWill:
      return '遗嘱不可用[，问题在 {detail}][（{value}）]。~遗嘱需要不含 + 和 # 的主题、不超过 65535 字节的内容，QoS 为 0、1 或 2。'
    case ErrorCode.BadTopic:
      return '不能向主题 "{detail}" 发布。~主题长 1 到 65535 字节，不能含 + 和 #。'
    case ErrorCode.BadFilter:
      return '"{detail}" 不是合法的订阅主题。~# 只能单独作为最后一级，+ 必须单独占一级，例如 home/+/light、home/#。'
    case ErrorCode.BadQos:
      return '没有 QoS {value}。~请使用 0、1 或 2。'
    case ErrorCode.QosUnsupported:
      return '要求 QoS {value}，而最高支持 {limit}[（{detail}）]。~请使用更低的 QoS：上限来自服务器或本固件。'
    case ErrorCode.V5Only:
      return '所要求的内容[（{detail}）]只在 MQTT 5.0 中存在[，而 protocolVersion 是 {value}]。~请设置 protocolVersion: 5，或去掉它。'
    case ErrorCode.BadProperty:
      return '属性[ {detail}] 在这里不正确[：{value}][，界限是 {limit}]。~请检查取值范围，以及该报文能否携带它（MQTT 5.0 第 2.2.2 节）。'
    case ErrorCode.BadUtf8:
      return '[{detail} 的]文本不是合法的 UTF-8，或含有 U+0000。~二进制数据只能放在消息内容里，不能放在主题、名称或 id 里。'
    case ErrorCode.BadPayload:
      return '作为字节给出的内容[（{detail}）]不是字节串。~文本请先用 utf8() 转成字节。'
    case ErrorCode.BadOption:
      return '选项[ {detail}] 的值不允许[：{value}]。~可用的值见 docs/options.md。'
    case ErrorCode.CredentialsFailed:
      return 'credentials 回调返回 {value} 放弃了本次连接，因此没有发送 CONNECT。~请检查该回调；下次尝试会再次调用它。'
    case ErrorCode.FeatureMissing:
      return '这个固件没有编入所要求的功能[：{detail}][，{value}]。~请用更大的配置（standard、full）编译，或打开该功能。'
    case ErrorCode.RetainUnavailable:
      return '服务器不保存保留消息。~发布时请不要设置 retain。'
    case ErrorCode.WildcardUnavailable:
      return '服务器不支持通配符，而 "{detail}" 含有通配符。~请逐个订阅完整的主题。'
    case ErrorCode.SharedUnavailable:
      return '服务器不支持共享订阅，"{detail}" 无法使用。~请去掉 $share 再订阅。'
    case ErrorCode.SubscriptionIdUnavailable:
      return '服务器不支持订阅标识符[，而 "{detail}" 带有标识符]。~请去掉 subscriptionIdentifier。'
    case ErrorCode.OffloadUnsupported:
      return '模块内置的 MQTT 做不到所要求的[：{detail}][，要求 {value}][，最多 {limit}]。~请不要超出 hal.offload.capabilities() 的范围，或改用模块的 TCP 连接，由客户端自己处理 MQTT。'
  }
  return ''
}

function use(code: Code): string {
  switch (code) {
    case ErrorCode.NotStarted:
      return '客户端还没有启动。~请先调用 connect()。'
    case ErrorCode.Destroyed:
      return '客户端已经销毁。~请重新创建一个。'
    case ErrorCode.Reentrant:
      return '在回调里调用了 yield() 或 receive()，而回调不能等待。~请从回调返回；回调里可以发布和订阅。'
    case ErrorCode.Disconnecting:
      return 'disconnect() 正在进行，不再接受新的内容。~请等连接状态变为 offline，再调用 connect()。'
    case ErrorCode.NotSubscribed:
      return '没有订阅过 "{detail}"。~取消订阅时请使用与订阅时完全相同的主题。'
    case ErrorCode.WillNeedsV5:
      return '只有 MQTT 5.0 能在断开时要求发送遗嘱。~请用 abort()（不发 DISCONNECT 直接关闭），或设置 protocolVersion: 5。'
    case ErrorCode.Stopped:
      return '程序被要求结束，因此停止等待。~请退出循环，并调用 disconnect() 或 destroy()。'
    case ErrorCode.CannotWait:
      return '这个平台不能等待：只有程序不在运行时，套接字才会工作。~请用 run(client, 周期, 函数) 代替循环调用 yield()。'
    case ErrorCode.CallbackThrew:
      return '回调函数抛出了错误[，主题 "{detail}"][；这是第 {value} 次]。连接保持不变。~请检查回调函数，常见原因是收到的 JSON 不合法。'
  }
  return ''
}

function bounds(code: Code): string {
  switch (code) {
    case ErrorCode.PacketTooLarge:
      return '报文[（{value} 字节）]过大：最多可发送 {limit} 字节[（{detail}）]。~请减少每次发送的内容，提高 limits.packetOut，或使用 publishStream。'
    case ErrorCode.ServerPacketLimit:
      return '报文需要 {value} 字节，而服务器最多接受 {limit} 字节。~请减少每次发送的内容。'
    case ErrorCode.QueueFull:
      return '发送队列中有 {value} 条消息，上限是 {limit}。~请降低发布频率，提高 limits.outboxCount，或换一种 whenFull。'
    case ErrorCode.QueueBytes:
      return '发送队列将占用 {value} 字节，上限是 {limit}。~请降低发布频率，提高 limits.outboxBytes，或换一种 whenFull。'
    case ErrorCode.TooManySubscriptions:
      return '已有 {value} 个订阅，limits.subscriptions 是 {limit}[，因此拒绝了 "{detail}"]。~请提高该限制，或用通配符合并订阅。'
    case ErrorCode.ReceiveSetFull:
      return '服务器开始了超过 {limit} 条 QoS 2 消息却没有完成；连接已关闭。~请检查服务器：它必须用 PUBREL 回应 PUBREC。'
    case ErrorCode.NoPacketId:
      return '没有空闲的报文标识符：{value} 个请求还在等待回应。~请等到有回执后再发送。'
    case ErrorCode.MessageTooLarge:
      return '不能发送 {value} 字节的消息，上限是 {limit}。~请把它拆开。'
    case ErrorCode.InboxFull:
      return '接收缓存已满：{value}，上限是 {limit}，丢失了一条消息。~请更频繁地调用 receive()，或提高 limits.inboxCount 和 limits.inboxBytes。'
    case ErrorCode.StreamFailed:
      return '[主题 "{detail}" 的]分段传输在 {limit} 字节中的第 {value} 字节处中断。~读取函数必须给出承诺的字节数；onStream 只有在想停止时才返回负数。'
    case ErrorCode.Expired:
      return '[发往 "{detail}" 的]消息等待超过了期限[ {limit} 毫秒]。~请放宽期限，或查明连接为何中断。'
    case ErrorCode.Superseded:
      return '消息[（"{detail}"）]在发送前被同一主题的新消息取代。~无需处理：keep-latest 就是这样工作的。'
    case ErrorCode.JournalFull:
      return '日志没有空间[：{detail}]，{value}，上限 {limit}。~请让客户端运行以取走回执，发送更短的消息，或把 limits.outboxCount 降到存储能容纳的数量。'
    case ErrorCode.JournalFailed:
      return '日志[（{detail}）]无法写入或读取：{value}，{limit}。~如果给出的是键名：请检查存储是否已满或已磨损。如果是 version：日志由更新的程序写入，请升级本程序，或给 journal 换一个名字。'
    case ErrorCode.JournalDamaged:
      return '日志中有 {value} 个损坏的值，其中丢失了 {limit} 条已接受的消息。~一个值且没有丢失消息，说明写入途中断电。超过这个数量，请检查存储。'
  }
  return ''
}

function link(code: Code): string {
  switch (code) {
    case LinkCode.Closed:
      return '[与 {detail} 的]连接已正常关闭。~如果是对方关闭的，原因在对方的日志里。'
    case LinkCode.Reset:
      return '[与 {detail} 的]连接被对方复位。~可能是服务器重启、防火墙，或网络丢弃了空闲连接；最后一种情况缩短心跳时间有帮助。'
    case LinkCode.DnsFailed:
      return '域名[ {detail}] 解析失败。~请检查拼写和 DNS 服务器，或直接使用 IP 地址。'
    case LinkCode.TcpRefused:
      return '[{detail} ]没有服务器在监听：连接被拒绝。~请检查端口（明文 1883，TLS 8883）以及服务器是否在运行。'
    case LinkCode.TcpTimeout:
      return '[{detail} ]没有任何回应[（已等 {value} 毫秒）]。~请检查地址和网络；防火墙或受限制的 SIM 卡会这样吞掉数据。'
    case LinkCode.TcpFailed:
      return '无法到达服务器[ {detail}]。~请检查设备是否有 IP 地址和路由，并用电脑连接同一服务器试试。'
    case LinkCode.TlsFailed:
      return '[与 {detail} 的 ]TLS 握手失败。~请检查该端口是否为 TLS、双方有无共同的版本和加密套件，以及内存是否足够。'
    case LinkCode.TlsCertificate:
      return '服务器[ {detail}] 的证书没有通过验证。~请检查 CA 证书、证书中的域名和设备时间：时间不对时任何证书都无效。'
    case LinkCode.Unsupported:
      return '这个移植层做不到服务器[ {detail}] 所要求的（TLS 或 WebSocket）。~请使用明文端口，或换用支持的开发板。'
    case LinkCode.NoSocket:
      return '没有空闲的套接字。~请关闭其他连接，并检查是否有遗留的连接。'
    case LinkCode.AtFailed:
      return '[连接 {detail} 时，]模块的 AT 层失败。~请先检查串口和供电，再检查 SIM 卡。'
    case LinkCode.UpgradeFailed:
      return '[与 {detail} 的 ]WebSocket 或代理握手失败。~请检查路径，以及服务器是否支持 mqtt 子协议。'
    case LinkCode.StorageFailed:
      return '设备的存储拒绝了写入[：{detail}]。~请检查存储是否已满，以及程序是否有写权限。'
  }
  return ''
}

function server(code: Code): string {
  switch (code) {
    case ErrorCode.ConnectTimeout:
      return '{value} 毫秒后仍未连接，上限是 {limit}[；停在 {detail}]。~请检查那里是否有 MQTT 服务器（TLS 要用 TLS 端口），或提高 connectTimeout。'
    case ErrorCode.ConnectRefused:
      return '服务器[ {detail}]拒绝了连接[：{reason}]。~请检查 protocolVersion、clientId、username 和 password；之后的重试会放慢。'
    case ErrorCode.PingTimeout:
      return '心跳在 {value} 毫秒内没有回应，上限是 {limit}[（{detail}）]；连接已断，现已关闭。~可能是信号弱、网络切断了空闲连接（可缩短心跳时间），或服务器无响应。'
    case ErrorCode.AckTimeout:
      return '服务器在 {value} 毫秒内没有确认任何发布，上限是 {limit}[（"{detail}"）]。~重连后会重发；若反复出现，请检查服务器。'
    case ErrorCode.RequestTimeout:
      return '订阅请求[（"{detail}"）]在 {limit} 毫秒内没有回应。~网络慢时请提高 requestTimeout，并调用 yield()，不要用睡眠等待。'
    case ErrorCode.ClosedByServer:
      return '服务器[ {detail}]没有说明原因就关闭了连接[（{value} 毫秒后）]。~请看它的日志：无权限的主题、相同 id 的另一个客户端、服务器重启都会这样。'
    case ErrorCode.ServerDisconnected:
      return '服务器主动断开[：{reason}][，"{detail}"]。~原因码说明了它不接受什么，见 docs/codes.md。'
    case ErrorCode.Malformed:
      return '服务器发来格式错误的报文[（{value}）][：{detail}]。~请检查它是不是该协议版本的 MQTT 服务器；线路误码也会这样。'
    case ErrorCode.ProtocolError:
      return '服务器发来[类型 {value} 的]报文，违反了协议[：{detail}][，{reason}]。~请检查服务器版本；若已是最新，请报告给它的开发者。'
    case ErrorCode.NotMqtt:
      return '[{detail} 上]应答的不是 MQTT 服务器[（首字节为 {value}）]。~请检查主机和端口：网页服务器，或在明文连接上遇到 TLS，都会这样。'
    case ErrorCode.TxBlocked:
      return '有 {value} 字节等待发送，而网络在 {limit} 毫秒内没有接收任何数据。~对方没有确认：上行信号弱，或服务器停止了读取。'
    case ErrorCode.SessionLost:
      return '服务器已没有我们的会话[；未完成的消息有 {value} 条]。~未完成的 QoS 1 会重发，QoS 2 按 onSessionLost 处理；请检查服务器保存会话的时间。'
    case ErrorCode.NoAck:
      return '服务器始终没有确认这条消息，却能回应心跳。~请检查它是否支持这个 QoS。'
    case ErrorCode.Poison:
      return '服务器因同一条消息反复关闭连接，因此放弃了它。~请检查消息大小、主题以及发布权限。'
    case ErrorCode.SubscribeRefused:
      return '服务器拒绝了订阅 "{detail}"[：{reason}]。~请检查订阅权限；发布权限是另一回事。'
    case ErrorCode.UnsubscribeRefused:
      return '服务器拒绝取消订阅 "{detail}"[：{reason}]。~没有损失：重连后不再恢复它。'
    case ErrorCode.PublishRefused:
      return '服务器拒绝了[发往 "{detail}" 的]消息[：{reason}]。~请检查发布权限和服务器的限制。'
    case ErrorCode.AuthFailed:
      return '认证交互[ {detail}]失败[：{reason}]。~请检查双方的方法、密钥和时间。'
    case ErrorCode.InboundTooLarge:
      return '服务器发来一条 {value} 字节的消息[（"{detail}"）]，而最多接收 {limit} 字节。它已被跳过；若 5.0 已声明该上限，则连接已关闭。~请提高 limits.packetIn，或用 onStream 和 limits.streamMax 分段接收。'
    case ErrorCode.ClientIdConflict:
      return '可能有另一个客户端使用同一个 id[ "{detail}"]：连接被抢占 {value} 次。~请给每台设备各自的 id；现在最多每 10 分钟重试一次。'
    case ErrorCode.SessionAmnesia:
      return '服务器保留着本次启动之前的会话，而设备没有保留。~无需处理；QoS 2 消息可能重复一次。'
    case ErrorCode.ServerMoved:
      return '服务器让我们去别处[：{detail}][ {reason}]。~请填写新的服务器；如果愿意把账号交给它，可设置 followServerReference。'
    case ErrorCode.KeepaliveOff:
      return '已连接，但没有心跳：链路悄悄断开时，要到发送下一条消息才会发现。~除非用其他方式监视网络，否则请把 keepalive 设为 120。'
    case ErrorCode.Quarantined:
      return '服务器因订阅 "{detail}" 关闭连接 {value} 次，因此 {limit} 秒内不再订阅它。~请申请订阅权限，或取消订阅；再次 subscribe 会立即重试。'
    case ErrorCode.DropRateHigh:
      return '链路可用，但一小时内断开了 {value} 次；超过 {limit} 次就不正常。~请先检查天线、位置和供电，再看是谁断开的：每次断开的原因由 onLink 给出。'
  }
  return ''
}

function ourselves(code: Code): string {
  switch (code) {
    case ErrorCode.Disconnected:
      return '程序调用了 disconnect()。~无需处理；调用 connect() 可重新开始。'
    case ErrorCode.Aborted:
      return '程序调用了 abort()：没有发送 DISCONNECT 就关闭，因此服务器会发布遗嘱。~无需处理；调用 connect() 可重新开始。'
    case ErrorCode.NetworkDown:
      return '网络还没有就绪[：{detail}]。~客户端会等待；请检查天线、SIM 卡或 Wi-Fi 密码。'
    case 0:
      return '一切正常。'
  }
  return ''
}

function sentence(code: Code): string {
  if (code > ErrorCode.NotStarted) {
    if (code < 0) return configuration(code)
    return ourselves(code)
  }
  if (code > ErrorCode.PacketTooLarge) return use(code)
  if (code > LinkCode.Closed) return bounds(code)
  if (code > ErrorCode.ConnectTimeout) return link(code)
  if (code > ErrorCode.Disconnected) return server(code)
  return ourselves(code)
}

function reason(n: number): string {
  switch (n) {
    case 0x00: return '成功'
    case 0x01: return '授予 QoS 1'
    case 0x02: return '授予 QoS 2'
    case 0x04: return '断开并发布遗嘱'
    case 0x10: return '没有匹配的订阅者'
    case 0x11: return '订阅不存在'
    case 0x18: return '继续认证'
    case 0x19: return '重新认证'
    case 0x80: return '未说明的错误'
    case 0x81: return '报文格式错误'
    case 0x82: return '协议错误'
    case 0x83: return '服务器实现特有的错误'
    case 0x84: return '不支持的协议版本'
    case 0x85: return 'client id 无效'
    case 0x86: return '用户名或密码错误'
    case 0x87: return '没有权限'
    case 0x88: return '服务器不可用'
    case 0x89: return '服务器忙'
    case 0x8a: return '已被封禁'
    case 0x8b: return '服务器正在关闭'
    case 0x8c: return '认证方法错误'
    case 0x8d: return '心跳超时'
    case 0x8e: return '会话被接管'
    case 0x8f: return '订阅主题无效'
    case 0x90: return '主题名无效'
    case 0x91: return '报文标识符已被占用'
    case 0x92: return '报文标识符不存在'
    case 0x93: return '超出接收最大数量'
    case 0x94: return '主题别名无效'
    case 0x95: return '报文过大'
    case 0x96: return '消息速率过高'
    case 0x97: return '超出配额'
    case 0x98: return '管理操作'
    case 0x99: return '消息内容格式无效'
    case 0x9a: return '不支持保留消息'
    case 0x9b: return '不支持的 QoS'
    case 0x9c: return '请使用其他服务器'
    case 0x9d: return '服务器已迁移'
    case 0x9e: return '不支持共享订阅'
    case 0x9f: return '连接过于频繁'
    case 0xa0: return '已达到最长连接时间'
    case 0xa1: return '不支持订阅标识符'
    case 0xa2: return '不支持通配符订阅'
  }
  return 'MQTT 没有定义的代码'
}

function returnCode(code: number): string {
  switch (code) {
    case 0: return '已接受'
    case 1: return '服务器不支持这个协议版本'
    case 2: return '服务器不接受这个 client id'
    case 3: return '服务器不可用'
    case 4: return '用户名或密码错误'
    case 5: return '没有权限'
  }
  return 'MQTT 没有定义的代码'
}

export const CHINESE: Texts = {
  sentence,
  reason,
  returnCode,
  milliseconds: 'keepalive 的单位是秒，{value} 看起来像毫秒[；上限是 {limit}]。~是不是想写 {seconds}？',
  unknown: '代码 {code} 不在这个客户端的列表里。~当前版本的代码见 docs/codes.md。'
}

addTexts('zh', CHINESE)

/** What runs on the interpreter to time received bytes: a module in place of the serial line, and timers that are worked off in turn. */

/** Bytes that the interpreter hands over at a time. */
const PIECE = 64
/** Bytes of one read: what the port asks for when nothing is said. */
export const READ_BYTES = 1024

/**
 * `line` is the line, `feed(text)` what comes on it, in pieces as from a UART, and `settle()` works off the timers that are due. The
 * answers are those of an openLuat or SIMCom module.
 */
export const FAKE_LINE = `
var line = { said: "", heard: undefined }, due = [], ids = 0, pull = false, answers = {
  "AT+CPIN?": "+CPIN: READY", "AT+CSQ": "+CSQ: 20,0", "AT+COPS?": "+COPS: 0,0,\\"x\\",7", "AT+CEREG?": "+CEREG: 3,1", "AT+CGATT?": "+CGATT: 1", "AT+CGSN": "123456789012345", "AT+CIPSTATUS": "+STATE: 0"
};
line.setup = function() { };
line.on = function(event, fn) { if (event === "data") line.heard = fn; };
function feed(text) { for (var i = 0; i < text.length; i += ${PIECE}) line.heard(text.substr(i, ${PIECE})); }
function reply(text) {
  if (text === "AT+CIPSTATUS") return "\\r\\nOK\\r\\n\\r\\nSTATE: IP STATUS\\r\\n";
  if (text === "AT+CIFSR") return "\\r\\n10.0.0.2\\r\\n";
  if (text === "AT+CIPSHUT") return "\\r\\nSHUT OK\\r\\n";
  if (text.substr(0, 11) === "AT+CIPSTART") return "\\r\\nOK\\r\\n\\r\\n0, CONNECT OK\\r\\n";
  return (answers[text] === undefined ? "" : "\\r\\n" + answers[text] + "\\r\\n") + "\\r\\nOK\\r\\n";
}
line.write = function(text) {
  line.said += text;
  if (pull) return;
  var i = line.said.indexOf("\\n");
  while (i >= 0) {
    setTimeout(feed, 1, reply(line.said.substr(0, i).trim()));
    line.said = line.said.substr(i + 1);
    i = line.said.indexOf("\\n");
  }
};
function takeTimers() {
  global.setTimeout = function(fn, ms, one) { if (ms < 1) due.push([++ids, fn, one]); else ids++; return ids; };
  global.clearTimeout = function(id) { if (due.length > 0) due = due.filter(function(one) { return one[0] !== id; }); };
}
function settle() { while (due.length > 0) { var one = due.shift(); one[1](one[2]); } }
`

/** `payload` is a kilobyte; `best(fn)` gives the least us of a call in some rounds. */
export const TIMING = `
var payload = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", k;
for (k = 0; k < 4; k++) payload += payload;
payload = payload.substr(0, ${READ_BYTES});
function best(fn, rounds, calls) {
  var least = 1e9, r, i, t;
  for (r = 0; r < rounds; r++) { t = getTime(); for (i = 0; i < calls; i++) fn(); t = (getTime() - t) * 1000000 / calls; if (t < least) least = t; }
  return least;
}
`

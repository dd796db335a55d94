// Counts texts, a JSON string a line, by split-sms: encoding, units and parts a line.
const { split } = require('split-sms');

const out = [];
for (const line of require('fs').readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue;
  const got = split(JSON.parse(line), { summary: true });
  const wide = got.characterSet !== 'GSM';
  out.push([wide ? 'UCS-2' : 'GSM-7', wide ? got.bytes / 2 : got.bytes, got.parts.length].join('\t'));
}
console.log(out.join('\n'));
